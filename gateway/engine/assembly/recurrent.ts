// Gated recurrent units, a row at a time.
import { loadLanes, storeLanes } from './lanes';
import { sigmoid4, tanh4 } from './smooth';

export function gruStep(
  gates: usize, gatesExample: i32, products: usize, state: usize, stateExample: i32,
  next: usize, nextExample: i32, kept: usize, keptExample: i32, batch: i32, units: i32,
): void {
  const gate = <usize>units << 2;
  const one = f32x4.splat(1);
  for (let b = 0; b < batch; b++) {
    const a = gates + (<usize>(b * gatesExample) << 2);
    const u = products + (<usize>(b * 3 * units) << 2);
    const h = state + (<usize>(b * stateExample) << 2);
    const to = next + (<usize>(b * nextExample) << 2);
    for (let i = 0; i < units; i += 4) {
      const left = units - i;
      const at = <usize>i << 2;
      const z = sigmoid4(v128.add<f32>(loadLanes(a + at, left), loadLanes(u + at, left)));
      const r = sigmoid4(v128.add<f32>(loadLanes(a + gate + at, left), loadLanes(u + gate + at, left)));
      const candidate = loadLanes(u + gate * 2 + at, left);
      const c = tanh4(v128.add<f32>(loadLanes(a + gate * 2 + at, left), v128.mul<f32>(r, candidate)));
      const stays = v128.mul<f32>(z, loadLanes(h + at, left));
      storeLanes(to + at, v128.add<f32>(stays, v128.mul<f32>(v128.sub<f32>(one, z), c)), left);
      storeLanes(a + at, z, left);
      storeLanes(a + gate + at, r, left);
      storeLanes(a + gate * 2 + at, c, left);
      if (kept) storeLanes(kept + (<usize>(b * keptExample) << 2) + at, candidate, left);
    }
  }
}

export function gruStepBack(
  gates: usize, gatesExample: i32, kept: usize, keptExample: i32, state: usize, stateExample: i32,
  dy: usize, dyExample: i32, carried: usize, fromProducts: usize, dproducts: usize, batch: i32, units: i32,
): void {
  const gate = <usize>units << 2;
  const one = f32x4.splat(1);
  for (let b = 0; b < batch; b++) {
    const a = gates + (<usize>(b * gatesExample) << 2);
    const u = dproducts + (<usize>(b * 3 * units) << 2);
    const h = state + (<usize>(b * stateExample) << 2);
    const saved = kept + (<usize>(b * keptExample) << 2);
    const given = dy + (<usize>(b * dyExample) << 2);
    const own = carried + gate * b;
    const other = fromProducts + gate * b;
    for (let i = 0; i < units; i += 4) {
      const left = units - i;
      const at = <usize>i << 2;
      let dh = v128.add<f32>(loadLanes(own + at, left), loadLanes(other + at, left));
      if (dy) dh = v128.add<f32>(dh, loadLanes(given + at, left));
      const z = loadLanes(a + at, left);
      const r = loadLanes(a + gate + at, left);
      const c = loadLanes(a + gate * 2 + at, left);
      const open = v128.sub<f32>(one, z);
      const dc = v128.mul<f32>(v128.mul<f32>(dh, open), v128.sub<f32>(one, v128.mul<f32>(c, c)));
      const apart = v128.sub<f32>(loadLanes(h + at, left), c);
      const dz = v128.mul<f32>(v128.mul<f32>(v128.mul<f32>(dh, apart), z), open);
      const slope = v128.mul<f32>(r, v128.sub<f32>(one, r));
      const dr = v128.mul<f32>(v128.mul<f32>(dc, loadLanes(saved + at, left)), slope);
      storeLanes(a + at, dz, left);
      storeLanes(a + gate + at, dr, left);
      storeLanes(a + gate * 2 + at, dc, left);
      storeLanes(u + at, dz, left);
      storeLanes(u + gate + at, dr, left);
      storeLanes(u + gate * 2 + at, v128.mul<f32>(dc, r), left);
      storeLanes(own + at, v128.mul<f32>(dh, z), left);
    }
  }
}
