// Windows that overlap, leave gaps or reach beyond the edges: their largest, their mean, and the reverse. Channels last;
// geometry is a table of int32 as ../kernels/convolution-kernels.ts says.
import { at } from './geometry';

/** A place where no gradient goes. */
const NOWHERE: u8 = 255;

/** One window over all channels, of the taps inside. `places` (or 0) as in `largest`; `mean` gives the mean instead. */
function window(
  x: usize, y: usize, places: usize, geometry: usize, top: i32, left: i32, relu: i32, mean: bool,
): void {
  const height = at(geometry, 4), width = at(geometry, 5), channels = at(geometry, 6);
  const across = at(geometry, 8);
  const firstLine = max(0, -top), endLine = min(at(geometry, 7), height - top);
  const firstPixel = max(0, -left), endPixel = min(across, width - left);
  const inside = <f32>((endLine - firstLine) * (endPixel - firstPixel));
  for (let c = 0; c < channels; c++) {
    let best: f32 = relu ? 0 : -f32.MAX_VALUE;
    let place = NOWHERE;
    let sum: f32 = 0;
    for (let j = firstLine; j < endLine; j++) {
      for (let k = firstPixel; k < endPixel; k++) {
        const value = load<f32>(x + (<usize>(((top + j) * width + left + k) * channels + c) << 2));
        sum += value;
        if (value > best) {
          best = value;
          place = <u8>(j * across + k);
        }
      }
    }
    store<f32>(y + (<usize>c << 2), mean ? sum / inside : best);
    if (places) store<u8>(places + c, place);
  }
}

/** The reverse of it: adds to dx. */
function windowBack(dy: usize, dx: usize, places: usize, geometry: usize, top: i32, left: i32): void {
  const height = at(geometry, 4), width = at(geometry, 5), channels = at(geometry, 6);
  const across = at(geometry, 8);
  const firstLine = max(0, -top), endLine = min(at(geometry, 7), height - top);
  const firstPixel = max(0, -left), endPixel = min(across, width - left);
  const share = places ? <f32>1 : <f32>1 / <f32>((endLine - firstLine) * (endPixel - firstPixel));
  for (let j = firstLine; j < endLine; j++) {
    for (let k = firstPixel; k < endPixel; k++) {
      for (let c = 0; c < channels; c++) {
        if (places && load<u8>(places + c) != <u8>(j * across + k)) continue;
        const to = dx + (<usize>(((top + j) * width + left + k) * channels + c) << 2);
        store<f32>(to, load<f32>(to) + load<f32>(dy + (<usize>c << 2)) * share);
      }
    }
  }
}

export function largest(
  x: usize, xExample: i32, y: usize, yExample: i32, places: usize, geometry: usize, batch: i32, relu: i32,
): void {
  each(x, xExample, y, yExample, places, geometry, batch, relu, false, false);
}

export function means(x: usize, xExample: i32, y: usize, yExample: i32, geometry: usize, batch: i32): void {
  each(x, xExample, y, yExample, 0, geometry, batch, 0, true, false);
}

export function windowsBack(
  dy: usize, dyExample: i32, dx: usize, dxExample: i32, places: usize, geometry: usize, batch: i32,
): void {
  for (let b = 0; b < batch; b++) {
    const size = at(geometry, 4) * at(geometry, 5) * at(geometry, 6);
    memory.fill(dx + (<usize>(b * dxExample) << 2), 0, <usize>size << 2);
  }
  each(dx, dxExample, dy, dyExample, places, geometry, batch, 0, false, true);
}

/** Goes over all windows: `x` is the side of the taps, `y` that of the windows. */
function each(
  x: usize, xExample: i32, y: usize, yExample: i32, places: usize, geometry: usize, batch: i32,
  relu: i32, mean: bool, back: bool,
): void {
  const channels = at(geometry, 6);
  for (let b = 0; b < batch; b++) {
    const from = x + (<usize>(b * xExample) << 2);
    let to = y + (<usize>(b * yExample) << 2);
    for (let line = 0; line < at(geometry, 0); line++) {
      for (let pixel = 0; pixel < at(geometry, 1); pixel++) {
        const top = line * at(geometry, 9) - at(geometry, 11);
        const left = pixel * at(geometry, 10) - at(geometry, 12);
        if (back) windowBack(to, from, places, geometry, top, left);
        else window(from, to, places, geometry, top, left, relu, mean);
        to += <usize>channels << 2;
        if (places) places += channels;
      }
    }
  }
}
