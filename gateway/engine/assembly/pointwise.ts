// Activations, pooling, and moving values about.

export function relu(x: usize, example: i32, size: i32, batch: i32, mask: usize): void {
  const zero = f32x4.splat(0);
  for (let b = 0; b < batch; b++) {
    let at = x + (<usize>(b * example) << 2);
    let i = 0;
    for (; i + 8 <= size; i += 8) {
      const v0 = v128.load(at);
      const v1 = v128.load(at, 16);
      v128.store(at, v128.max<f32>(v0, zero));
      v128.store(at, v128.max<f32>(v1, zero), 16);
      if (mask) {
        const low = v128.bitmask<i32>(v128.gt<f32>(v0, zero));
        store<u8>(mask, low | (v128.bitmask<i32>(v128.gt<f32>(v1, zero)) << 4));
        mask++;
      }
      at += 32;
    }
    if (i < size) {
      let bits = 0;
      for (let j = 0; i < size; i++, j++) {
        const v = load<f32>(at);
        bits |= i32(v > 0) << j;
        store<f32>(at, max<f32>(v, 0));
        at += 4;
      }
      if (mask) store<u8>(mask++, bits);
    }
  }
}

/** All ones in the lanes whose bit is set. */
@inline
function select(bits: i32): v128 {
  const each = i32x4(1, 2, 4, 8);
  return v128.eq<i32>(v128.and(i32x4.splat(bits), each), each);
}

export function reluBack(dx: usize, example: i32, size: i32, batch: i32, mask: usize): void {
  for (let b = 0; b < batch; b++) {
    let at = dx + (<usize>(b * example) << 2);
    let i = 0;
    for (; i + 8 <= size; i += 8) {
      const bits = <i32>load<u8>(mask++);
      v128.store(at, v128.and(v128.load(at), select(bits)));
      v128.store(at, v128.and(v128.load(at, 16), select(bits >> 4)), 16);
      at += 32;
    }
    if (i < size) {
      let bits = <i32>load<u8>(mask++);
      for (; i < size; i++) {
        if (!(bits & 1)) store<f32>(at, 0);
        bits >>= 1;
        at += 4;
      }
    }
  }
}

/** Largest of each window over eight channels, with the bits of where it was. Strides in bytes. */
function pool8(x: usize, row: usize, y: usize, mask: usize, maskRow: usize, window: i32, floor: v128): void {
  let top0 = v128.load(x);
  let top1 = v128.load(x, 16);
  let at = x;
  for (let j = 1; j < window; j++) {
    at += row;
    top0 = v128.max<f32>(top0, v128.load(at));
    top1 = v128.max<f32>(top1, v128.load(at, 16));
  }
  v128.store(y, v128.max<f32>(top0, floor));
  v128.store(y, v128.max<f32>(top1, floor), 16);
  if (!mask) return;
  // The gradient goes to the first of equals, and only above the floor (zero after a ReLU).
  let free0 = v128.gt<f32>(top0, floor);
  let free1 = v128.gt<f32>(top1, floor);
  at = x;
  for (let j = 0; j < window; j++) {
    const hit0 = v128.and(free0, v128.eq<f32>(v128.load(at), top0));
    const hit1 = v128.and(free1, v128.eq<f32>(v128.load(at, 16), top1));
    store<u8>(mask, v128.bitmask<i32>(hit0) | (v128.bitmask<i32>(hit1) << 4));
    free0 = v128.andnot(free0, hit0);
    free1 = v128.andnot(free1, hit1);
    mask += maskRow;
    at += row;
  }
}

export function maxPool(
  x: usize, xExample: i32, y: usize, yExample: i32, mask: usize,
  batch: i32, inLength: i32, length: i32, channels: i32, window: i32, relu: i32,
): void {
  const row = <usize>channels << 2;
  const maskExample = (inLength * channels + 7) >> 3;
  const floor = relu ? <f32>0 : -f32.MAX_VALUE;
  const floors = f32x4.splat(floor);
  for (let b = 0; b < batch; b++) {
    const from = x + (<usize>(b * xExample) << 2);
    const to = y + (<usize>(b * yExample) << 2);
    const bits = mask ? mask + b * maskExample : 0;
    if (!(channels & 7)) {
      const maskRow = channels >> 3;
      for (let t = 0; t < length; t++) {
        for (let c = 0; c < channels; c += 8) {
          const first = t * window * channels + c;
          const at = mask ? bits + (first >> 3) : 0;
          pool8(from + (first << 2), row, to + ((t * channels + c) << 2), at, maskRow, window, floors);
        }
      }
      if (mask) {
        const used = length * window * maskRow;
        memory.fill(bits + used, 0, maskExample - used);
      }
    } else {
      if (mask) memory.fill(bits, 0, maskExample);
      for (let t = 0; t < length; t++) {
        for (let c = 0; c < channels; c++) {
          const first = t * window * channels + c;
          let best = first;
          for (let j = 1; j < window; j++) {
            const i = first + j * channels;
            if (load<f32>(from + (i << 2)) > load<f32>(from + (best << 2))) best = i;
          }
          const top = load<f32>(from + (best << 2));
          store<f32>(to + ((t * channels + c) << 2), max<f32>(top, floor));
          if (mask && top > floor) {
            const at = bits + (best >> 3);
            store<u8>(at, <i32>load<u8>(at) | (1 << (best & 7)));
          }
        }
      }
    }
  }
}

export function maxPoolBack(
  dy: usize, dyExample: i32, dx: usize, dxExample: i32, mask: usize,
  batch: i32, inLength: i32, length: i32, channels: i32, window: i32,
): void {
  const maskExample = (inLength * channels + 7) >> 3;
  const row = <usize>channels << 2;
  for (let b = 0; b < batch; b++) {
    let from = dy + (<usize>(b * dyExample) << 2);
    let to = dx + (<usize>(b * dxExample) << 2);
    const bits = mask + b * maskExample;
    let i = 0;
    for (let t = 0; t < length; t++) {
      for (let j = 0; j < window; j++) {
        if (!(channels & 7)) {
          for (let c = 0; c < channels; c += 8) {
            const byte = <i32>load<u8>(bits + (i >> 3));
            v128.store(to, v128.and(v128.load(from + (c << 2)), select(byte)));
            v128.store(to, v128.and(v128.load(from + (c << 2), 16), select(byte >> 4)), 16);
            i += 8;
            to += 32;
          }
        } else {
          for (let c = 0; c < channels; c++) {
            const set = (load<u8>(bits + (i >> 3)) >> <u8>(i & 7)) & 1;
            store<f32>(to, set ? load<f32>(from + (c << 2)) : 0);
            i++;
            to += 4;
          }
        }
      }
      from += row;
    }
    memory.fill(to, 0, <usize>(inLength - length * window) * row);
  }
}

export function averagePool(
  x: usize, xExample: i32, y: usize, yExample: i32, batch: i32, length: i32, channels: i32,
): void {
  const row = <usize>channels << 2;
  const share = <f32>1 / <f32>length;
  for (let b = 0; b < batch; b++) {
    const from = x + (<usize>(b * xExample) << 2);
    const to = y + (<usize>(b * yExample) << 2);
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      let sum = f32x4.splat(0);
      let at = from + (c << 2);
      for (let t = 0; t < length; t++) {
        sum = v128.add<f32>(sum, v128.load(at));
        at += row;
      }
      v128.store(to + (c << 2), v128.mul<f32>(sum, f32x4.splat(share)));
    }
    for (; c < channels; c++) {
      let sum: f32 = 0;
      for (let t = 0; t < length; t++) sum += load<f32>(from + <usize>t * row + (c << 2));
      store<f32>(to + (c << 2), sum * share);
    }
  }
}

export function averagePoolBack(
  dy: usize, dyExample: i32, dx: usize, dxExample: i32, batch: i32, length: i32, channels: i32,
): void {
  const share = <f32>1 / <f32>length;
  for (let b = 0; b < batch; b++) {
    const from = dy + (<usize>(b * dyExample) << 2);
    let to = dx + (<usize>(b * dxExample) << 2);
    for (let t = 0; t < length; t++) {
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        v128.store(to, v128.mul<f32>(v128.load(from + (c << 2)), f32x4.splat(share)));
        to += 16;
      }
      for (; c < channels; c++) {
        store<f32>(to, load<f32>(from + (c << 2)) * share);
        to += 4;
      }
    }
  }
}

export function zeroHalo(x: usize, example: i32, lead: i32, size: i32, batch: i32): void {
  for (let b = 0; b < batch; b++) {
    const at = x + (<usize>(b * example) << 2);
    memory.fill(at, 0, <usize>lead << 2);
    const end = <usize>(lead + size) << 2;
    memory.fill(at + end, 0, (<usize>example << 2) - end);
  }
}

export function zero(x: usize, size: i32): void {
  memory.fill(x, 0, <usize>size << 2);
}

export function takeChannels(
  x: usize, xExample: i32, y: usize, yExample: i32,
  batch: i32, rows: i32, channels: i32, table: usize, count: i32,
): void {
  for (let b = 0; b < batch; b++) {
    let from = x + (<usize>(b * xExample) << 2);
    let to = y + (<usize>(b * yExample) << 2);
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < count; j++) {
        store<f32>(to, load<f32>(from + (load<u32>(table + (j << 2)) << 2)));
        to += 4;
      }
      from += <usize>channels << 2;
    }
  }
}
