// Recurrent units, a row at a time.
import { loadLanes, loadSome, madd, storeLanes, storeSome } from './lanes';
import { sigmoid4, tanh4 } from './smooth';

// What lies beyond the last unit is read, and comes to nothing: a branch at each load makes a step three times as slow.

export function gruStep(
  gates: usize, gatesExample: i32, products: usize, state: usize, stateExample: i32,
  next: usize, nextExample: i32, kept: usize, keptExample: i32, batch: i32, units: i32,
): void {
  const gate = <usize>units << 2;
  for (let b = 0; b < batch; b++) {
    let a = gates + (<usize>(b * gatesExample) << 2);
    let u = products + (<usize>(b * 3 * units) << 2);
    let h = state + (<usize>(b * stateExample) << 2);
    let to = next + (<usize>(b * nextExample) << 2);
    let saved = kept + (<usize>(b * keptExample) << 2);
    for (let left = units; left > 0; left -= 4) {
      const z = sigmoid4(v128.add<f32>(v128.load(a), v128.load(u)));
      const r = sigmoid4(v128.add<f32>(v128.load(a + gate), v128.load(u + gate)));
      const candidate = v128.load(u + gate * 2);
      const c = tanh4(v128.add<f32>(v128.load(a + gate * 2), v128.mul<f32>(r, candidate)));
      const stays = v128.mul<f32>(z, v128.load(h));
      const state = v128.add<f32>(stays, v128.mul<f32>(v128.sub<f32>(f32x4.splat(1), z), c));
      if (left >= 4) {
        v128.store(to, state);
        v128.store(a, z);
        v128.store(a + gate, r);
        v128.store(a + gate * 2, c);
        if (kept) v128.store(saved, candidate);
      } else {
        storeSome(to, state, left);
        storeSome(a, z, left);
        storeSome(a + gate, r, left);
        storeSome(a + gate * 2, c, left);
        if (kept) storeSome(saved, candidate, left);
      }
      a += 16;
      u += 16;
      h += 16;
      to += 16;
      saved += 16;
    }
  }
}

export function gruStepBack(
  gates: usize, gatesExample: i32, kept: usize, keptExample: i32, state: usize, stateExample: i32,
  dy: usize, dyExample: i32, carried: usize, batch: i32, units: i32,
): void {
  const gate = <usize>units << 2;
  const one = f32x4.splat(1);
  for (let b = 0; b < batch; b++) {
    let a = gates + (<usize>(b * gatesExample) << 2);
    let h = state + (<usize>(b * stateExample) << 2);
    let saved = kept + (<usize>(b * keptExample) << 2);
    let given = dy + (<usize>(b * dyExample) << 2);
    let own = carried + gate * b;
    for (let left = units; left > 0; left -= 4) {
      let dh = v128.load(own);
      if (dy) dh = v128.add<f32>(dh, v128.load(given));
      const z = v128.load(a);
      const r = v128.load(a + gate);
      const c = v128.load(a + gate * 2);
      const open = v128.sub<f32>(one, z);
      const dc = v128.mul<f32>(v128.mul<f32>(dh, open), v128.sub<f32>(one, v128.mul<f32>(c, c)));
      const dz = v128.mul<f32>(v128.mul<f32>(v128.mul<f32>(dh, v128.sub<f32>(v128.load(h), c)), z), open);
      const slope = v128.mul<f32>(r, v128.sub<f32>(one, r));
      const dr = v128.mul<f32>(v128.mul<f32>(dc, v128.load(saved)), slope);
      if (left >= 4) {
        v128.store(a, dz);
        v128.store(a + gate, dr);
        v128.store(a + gate * 2, v128.mul<f32>(dc, r));
        v128.store(saved, dc);
        v128.store(own, v128.mul<f32>(dh, z));
      } else {
        storeSome(a, dz, left);
        storeSome(a + gate, dr, left);
        storeSome(a + gate * 2, v128.mul<f32>(dc, r), left);
        storeSome(saved, dc, left);
        storeSome(own, v128.mul<f32>(dh, z), left);
      }
      a += 16;
      h += 16;
      saved += 16;
      given += 16;
      own += 16;
    }
  }
}

/** A gate's opening: a sigmoid, or with a slope the line of that slope, clipped to 0 .. 1. */
function gate4(x: v128, slope: f32): v128 {
  if (slope == 0) return sigmoid4(x);
  const line = v128.add<f32>(v128.mul<f32>(x, f32x4.splat(slope)), f32x4.splat(0.5));
  return v128.min<f32>(v128.max<f32>(line, f32x4.splat(0)), f32x4.splat(1));
}

/** Slope of a gate, from its opening. */
function gateSlope4(y: v128, slope: f32): v128 {
  const product = v128.mul<f32>(y, v128.sub<f32>(f32x4.splat(1), y));
  if (slope == 0) return product;
  return v128.and(v128.gt<f32>(product, f32x4.splat(0)), f32x4.splat(slope));
}

export function lstmStep(
  gates: usize, gatesExample: i32, products: usize, cell: usize, cellExample: i32,
  nextCell: usize, nextCellExample: i32, next: usize, nextExample: i32, batch: i32, units: i32, slope: f32,
): void {
  const gate = <usize>units << 2;
  for (let b = 0; b < batch; b++) {
    let a = gates + (<usize>(b * gatesExample) << 2);
    let u = products + (<usize>(b * 4 * units) << 2);
    let c = cell + (<usize>(b * cellExample) << 2);
    let nc = nextCell + (<usize>(b * nextCellExample) << 2);
    let to = next + (<usize>(b * nextExample) << 2);
    for (let left = units; left > 0; left -= 4) {
      const i = gate4(v128.add<f32>(v128.load(a), v128.load(u)), slope);
      const f = gate4(v128.add<f32>(v128.load(a + gate), v128.load(u + gate)), slope);
      const g = tanh4(v128.add<f32>(v128.load(a + gate * 2), v128.load(u + gate * 2)));
      const o = gate4(v128.add<f32>(v128.load(a + gate * 3), v128.load(u + gate * 3)), slope);
      const content = v128.add<f32>(v128.mul<f32>(f, v128.load(c)), v128.mul<f32>(i, g));
      storeSome(a, i, left);
      storeSome(a + gate, f, left);
      storeSome(a + gate * 2, g, left);
      storeSome(a + gate * 3, o, left);
      storeSome(nc, content, left);
      storeSome(to, v128.mul<f32>(o, tanh4(content)), left);
      a += 16;
      u += 16;
      c += 16;
      nc += 16;
      to += 16;
    }
  }
}

export function lstmStepBack(
  gates: usize, gatesExample: i32, cell: usize, cellExample: i32, nextCell: usize, nextCellExample: i32,
  dy: usize, dyExample: i32, carried: usize, carriedCell: usize, batch: i32, units: i32, slope: f32,
): void {
  const gate = <usize>units << 2;
  const one = f32x4.splat(1);
  for (let b = 0; b < batch; b++) {
    let a = gates + (<usize>(b * gatesExample) << 2);
    let c = cell + (<usize>(b * cellExample) << 2);
    let nc = nextCell + (<usize>(b * nextCellExample) << 2);
    let given = dy + (<usize>(b * dyExample) << 2);
    let own = carried + gate * b;
    let ownCell = carriedCell + gate * b;
    for (let left = units; left > 0; left -= 4) {
      let dh = v128.load(own);
      if (dy) dh = v128.add<f32>(dh, v128.load(given));
      const i = v128.load(a);
      const f = v128.load(a + gate);
      const g = v128.load(a + gate * 2);
      const o = v128.load(a + gate * 3);
      const t = tanh4(v128.load(nc));
      const through = v128.mul<f32>(v128.mul<f32>(dh, o), v128.sub<f32>(one, v128.mul<f32>(t, t)));
      const dc = v128.add<f32>(v128.load(ownCell), through);
      const dg = v128.mul<f32>(v128.mul<f32>(dc, i), v128.sub<f32>(one, v128.mul<f32>(g, g)));
      storeSome(a, v128.mul<f32>(v128.mul<f32>(dc, g), gateSlope4(i, slope)), left);
      storeSome(a + gate, v128.mul<f32>(v128.mul<f32>(dc, v128.load(c)), gateSlope4(f, slope)), left);
      storeSome(a + gate * 2, dg, left);
      storeSome(a + gate * 3, v128.mul<f32>(v128.mul<f32>(dh, t), gateSlope4(o, slope)), left);
      storeSome(own, f32x4.splat(0), left);
      storeSome(ownCell, v128.mul<f32>(dc, f), left);
      a += 16;
      c += 16;
      nc += 16;
      given += 16;
      own += 16;
      ownCell += 16;
    }
  }
}

/** The sums of the lanes of four vectors, added to up to four values. */
function addSums(y: usize, a: v128, b: v128, c: v128, d: v128, columns: i32): void {
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  const low = v128.add<f32>(v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5), v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
  const high = v128.add<f32>(v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5), v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
  storeLanes(y, v128.add<f32>(loadLanes(y, columns), v128.add<f32>(low, high)), columns);
}

/** Two rows by four columns of it; `below` is 0 where there is no second row. `wRow` in bytes. */
function transposedTile(
  x: usize, second: usize, w: usize, wRow: usize, y: usize, below: usize, inner: i32, columns: i32,
): void {
  const w1 = columns > 1 ? wRow : 0;
  const w2 = columns > 2 ? wRow * 2 : 0;
  const w3 = columns > 3 ? wRow * 3 : 0;
  let from0 = w, from1 = w + w1, from2 = w + w2, from3 = w + w3;
  let a0 = x, a1 = second;
  let s00 = f32x4.splat(0), s01 = s00, s02 = s00, s03 = s00;
  let s10 = s00, s11 = s00, s12 = s00, s13 = s00;
  const end = x + (<usize>(inner & ~3) << 2);
  while (a0 < end) {
    const v0 = v128.load(a0);
    const v1 = v128.load(a1);
    let p = v128.load(from0);
    s00 = madd(v0, p, s00);
    s10 = madd(v1, p, s10);
    p = v128.load(from1);
    s01 = madd(v0, p, s01);
    s11 = madd(v1, p, s11);
    p = v128.load(from2);
    s02 = madd(v0, p, s02);
    s12 = madd(v1, p, s12);
    p = v128.load(from3);
    s03 = madd(v0, p, s03);
    s13 = madd(v1, p, s13);
    a0 += 16;
    a1 += 16;
    from0 += 16;
    from1 += 16;
    from2 += 16;
    from3 += 16;
  }
  const left = inner & 3;
  if (left) {
    const v0 = loadSome(a0, left);
    const v1 = loadSome(a1, left);
    let p = loadSome(from0, left);
    s00 = madd(v0, p, s00);
    s10 = madd(v1, p, s10);
    p = loadSome(from1, left);
    s01 = madd(v0, p, s01);
    s11 = madd(v1, p, s11);
    p = loadSome(from2, left);
    s02 = madd(v0, p, s02);
    s12 = madd(v1, p, s12);
    p = loadSome(from3, left);
    s03 = madd(v0, p, s03);
    s13 = madd(v1, p, s13);
  }
  addSums(y, s00, s01, s02, s03, columns);
  if (below) addSums(below, s10, s11, s12, s13, columns);
}

export function addTransposed(
  x: usize, xRow: i32, w: usize, y: usize, yRow: i32, rows: i32, inner: i32, columns: i32,
): void {
  const wRow = <usize>inner << 2;
  const xStep = <usize>xRow << 2;
  const yStep = <usize>yRow << 2;
  for (let c = 0; c < columns; c += 4) {
    let from = x;
    let to = y;
    let r = rows;
    for (; r >= 2; r -= 2) {
      transposedTile(from, from + xStep, w, wRow, to, to + yStep, inner, columns - c);
      from += xStep << 1;
      to += yStep << 1;
    }
    // A last row without a second is done twice, and added once.
    if (r) transposedTile(from, from, w, wRow, to, 0, inner, columns - c);
    w += wRow << 2;
    y += 16;
  }
}
