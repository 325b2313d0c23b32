import type { LayerKernels } from './layer-kernels';

type WindowKernels = Pick<LayerKernels, 'largest' | 'means' | 'windowsBack'>;

/** Windows that overlap or reach beyond the ends, in plain JavaScript. */
export function javascriptWindows(f: Float32Array, bytes: Uint8Array, ints: Int32Array): WindowKernels {
  /** Calls `visit` for each output with its number in the example and the taps inside: their places and numbers. */
  function windows(geometry: number, visit: (output: number, taps: readonly Tap[]) => void): void {
    const table = [...ints.subarray(geometry >> 2, (geometry >> 2) + 13)];
    const [lines = 0, pixels = 0, , , height = 0, width = 0, channels = 0, down = 0, across = 0] = table;
    const [strideDown = 0, strideAcross = 0, top = 0, left = 0] = table.slice(9);
    for (let line = 0; line < lines; line++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        const taps: Tap[] = [];
        for (let j = 0; j < down; j++) {
          for (let k = 0; k < across; k++) {
            const [r, p] = [line * strideDown - top + j, pixel * strideAcross - left + k];
            const inside = r >= 0 && r < height && p >= 0 && p < width;
            if (inside) taps.push({ at: (r * width + p) * channels, number: j * across + k });
          }
        }
        for (let c = 0; c < channels; c++)
          visit(
            (line * pixels + pixel) * channels + c,
            taps.map(({ at, number }) => ({ at: at + c, number })),
          );
      }
    }
  }

  return {
    largest(x, xExample, y, yExample, places, geometry, batch, relu) {
      for (let b = 0; b < batch; b++) {
        const from = (x >> 2) + b * xExample;
        let size = 0;
        windows(geometry, () => size++);
        windows(geometry, (output, taps) => {
          const top = taps.reduce((best, tap) => (f[from + tap.at]! > f[from + best.at]! ? tap : best));
          const passes = relu === 0 || f[from + top.at]! > 0;
          f[(y >> 2) + b * yExample + output] = passes ? f[from + top.at]! : 0;
          if (places) bytes[places + b * size + output] = passes ? top.number : nowhere;
        });
      }
    },

    means(x, xExample, y, yExample, geometry, batch) {
      for (let b = 0; b < batch; b++) {
        const from = (x >> 2) + b * xExample;
        windows(geometry, (output, taps) => {
          const sum = taps.reduce((all, tap) => all + f[from + tap.at]!, 0);
          f[(y >> 2) + b * yExample + output] = sum / taps.length;
        });
      }
    },

    windowsBack(dy, dyExample, dx, dxExample, places, geometry, batch) {
      const [height = 0, width = 0, channels = 0] = ints.subarray((geometry >> 2) + 4, (geometry >> 2) + 7);
      let size = 0;
      windows(geometry, () => size++);
      for (let b = 0; b < batch; b++) {
        const to = (dx >> 2) + b * dxExample;
        f.fill(0, to, to + height * width * channels);
        windows(geometry, (output, taps) => {
          const given = f[(dy >> 2) + b * dyExample + output]!;
          const place = bytes[places + b * size + output];
          for (const tap of taps) {
            if (!places) f[to + tap.at]! += given / taps.length;
            else if (tap.number === place) f[to + tap.at]! += given;
          }
        });
      }
    },
  };
}

/** A tap inside: its place in the example, and its number in the window. */
interface Tap {
  readonly at: number;
  readonly number: number;
}

/** A place where no gradient goes. */
const nowhere = 255;
