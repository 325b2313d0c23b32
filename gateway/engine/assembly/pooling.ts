// Pooling of pictures, averages of windows, and their reverse. Channels last.
import { loadLanes, loadSome, storeLanes, storeSome } from './lanes';

/** Largest of a window over four channels. Strides in bytes. */
@inline
function largest4(x: usize, row: usize, cell: usize, down: i32, across: i32, left: i32): v128 {
  let top = loadLanes(x, left);
  for (let j = 0; j < down; j++) {
    let at = x;
    for (let k = 0; k < across; k++) {
      top = v128.max<f32>(top, loadLanes(at, left));
      at += cell;
    }
    x += row;
  }
  return top;
}

/** Sets the bit of the first of a window that is the largest, for each of up to four channels above the floor. */
function mark(
  x: usize, top: v128, floor: v128, bits: usize, place: i32, width: i32, channels: i32, down: i32, across: i32, left: i32,
): void {
  let free = v128.bitmask<i32>(v128.gt<f32>(top, floor));
  if (left < 4) free &= (1 << left) - 1;
  for (let j = 0; j < down && free; j++) {
    for (let k = 0; k < across && free; k++) {
      const i = (j * width + k) * channels;
      const same = v128.eq<f32>(loadLanes(x + (<usize>i << 2), left), top);
      const hit = free & v128.bitmask<i32>(same);
      free &= ~hit;
      for (let lane = 0; lane < 4; lane++) {
        if (!((hit >> lane) & 1)) continue;
        const bit = place + i + lane;
        const at = bits + (bit >> 3);
        store<u8>(at, <i32>load<u8>(at) | (1 << (bit & 7)));
      }
    }
  }
}

export function maxPool2d(
  x: usize, xExample: i32, y: usize, yExample: i32, mask: usize,
  batch: i32, height: i32, width: i32, channels: i32, down: i32, across: i32, relu: i32,
): void {
  const maskExample = (height * width * channels + 7) >> 3;
  const floor = f32x4.splat(relu ? <f32>0 : -f32.MAX_VALUE);
  const cell = <usize>channels << 2;
  const row = cell * width;
  if (mask) memory.fill(mask, 0, <usize>(batch * maskExample));
  for (let b = 0; b < batch; b++) {
    const from = x + (<usize>(b * xExample) << 2);
    let to = y + (<usize>(b * yExample) << 2);
    for (let r = 0; r + down <= height; r += down) {
      for (let t = 0; t + across <= width; t += across) {
        const first = (r * width + t) * channels;
        for (let c = 0; c < channels; c += 4) {
          const left = channels - c;
          const at = from + (<usize>(first + c) << 2);
          const top = largest4(at, row, cell, down, across, left);
          storeLanes(to + (c << 2), v128.max<f32>(top, floor), left);
          if (mask) mark(at, top, floor, mask + b * maskExample, first + c, width, channels, down, across, left);
        }
        to += cell;
      }
    }
  }
}

export function maxPool2dBack(
  dy: usize, dyExample: i32, dx: usize, dxExample: i32, mask: usize,
  batch: i32, height: i32, width: i32, channels: i32, down: i32, across: i32,
): void {
  const maskExample = (height * width * channels + 7) >> 3;
  const columns = width / across;
  const rows = height / down;
  for (let b = 0; b < batch; b++) {
    const from = dy + (<usize>(b * dyExample) << 2);
    const to = dx + (<usize>(b * dxExample) << 2);
    const bits = mask + b * maskExample;
    memory.fill(to, 0, <usize>(height * width * channels) << 2);
    for (let r = 0; r < rows * down; r++) {
      for (let t = 0; t < columns * across; t++) {
        const at = from + (<usize>((r / down) * columns + t / across) * channels << 2);
        const first = (r * width + t) * channels;
        for (let c = 0; c < channels; c++) {
          const place = first + c;
          if ((load<u8>(bits + (place >> 3)) >> <u8>(place & 7)) & 1)
            store<f32>(to + (<usize>place << 2), load<f32>(at + (c << 2)));
        }
      }
    }
  }
}

export function averagePool2d(
  x: usize, xExample: i32, y: usize, yExample: i32,
  batch: i32, height: i32, width: i32, channels: i32, down: i32, across: i32,
): void {
  const share = f32x4.splat(<f32>1 / <f32>(down * across));
  const cell = <usize>channels << 2;
  const row = cell * width;
  for (let b = 0; b < batch; b++) {
    const from = x + (<usize>(b * xExample) << 2);
    let to = y + (<usize>(b * yExample) << 2);
    for (let r = 0; r + down <= height; r += down) {
      for (let t = 0; t + across <= width; t += across) {
        for (let c = 0; c < channels; c += 4) {
          const left = channels - c;
          let sum = f32x4.splat(0);
          let at = from + <usize>r * row + <usize>t * cell + (<usize>c << 2);
          for (let j = 0; j < down; j++) {
            for (let k = 0; k < across; k++) sum = v128.add<f32>(sum, loadLanes(at + <usize>k * cell, left));
            at += row;
          }
          storeLanes(to + (c << 2), v128.mul<f32>(sum, share), left);
        }
        to += cell;
      }
    }
  }
}

export function averagePool2dBack(
  dy: usize, dyExample: i32, dx: usize, dxExample: i32,
  batch: i32, height: i32, width: i32, channels: i32, down: i32, across: i32,
): void {
  const share = f32x4.splat(<f32>1 / <f32>(down * across));
  const columns = width / across;
  const rows = height / down;
  const cell = <usize>channels << 2;
  for (let b = 0; b < batch; b++) {
    const from = dy + (<usize>(b * dyExample) << 2);
    const to = dx + (<usize>(b * dxExample) << 2);
    memory.fill(to, 0, <usize>(height * width) * cell);
    for (let r = 0; r < rows * down; r++) {
      for (let t = 0; t < columns * across; t++) {
        const at = from + <usize>((r / down) * columns + t / across) * cell;
        const into = to + <usize>(r * width + t) * cell;
        for (let c = 0; c < channels; c += 4)
          storeLanes(into + (c << 2), v128.mul<f32>(loadLanes(at + (c << 2), channels - c), share), channels - c);
      }
    }
  }
}

export function upsample(
  x: usize, xExample: i32, y: usize, yExample: i32, batch: i32, length: i32, channels: i32, times: i32,
): void {
  const row = <usize>channels << 2;
  for (let b = 0; b < batch; b++) {
    const from = x + (<usize>(b * xExample) << 2);
    let to = y + (<usize>(b * yExample) << 2);
    for (let t = 0; t < length; t++) {
      for (let j = 0; j < times; j++) {
        memory.copy(to, from + <usize>t * row, row);
        to += row;
      }
    }
  }
}

export function upsampleBack(
  dy: usize, dyExample: i32, dx: usize, dxExample: i32, batch: i32, length: i32, channels: i32, times: i32,
): void {
  const row = <usize>channels << 2;
  for (let b = 0; b < batch; b++) {
    let from = dy + (<usize>(b * dyExample) << 2);
    let to = dx + (<usize>(b * dxExample) << 2);
    for (let t = 0; t < length; t++) {
      for (let c = 0; c < channels; c += 4) {
        const left = channels - c;
        let sum = f32x4.splat(0);
        for (let j = 0; j < times; j++) sum = v128.add<f32>(sum, loadSome(from + <usize>j * row + (c << 2), left));
        storeSome(to + (c << 2), sum, left);
      }
      from += row * times;
      to += row;
    }
  }
}
