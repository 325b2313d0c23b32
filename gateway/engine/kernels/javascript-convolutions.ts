import type { ConvolutionKernels } from './convolution-kernels';

/** Columns of a panel, as in the WebAssembly build. */
const tile = 8;

/** The convolutions over pictures in plain JavaScript, sums in double precision. */
export function javascriptConvolutions(f: Float32Array, ints: Int32Array): ConvolutionKernels {
  const sums = new Float64Array(tile);

  /** Calls `each` for every window and every tap of it that is inside, with places in values from the pictures' start. */
  function eachTap(
    geometry: number,
    window: (line: number, pixel: number) => void,
    each: (x: number, tapLine: number, tapPixel: number) => void,
    done: (line: number, pixel: number) => void,
  ): void {
    const g = geometry >> 2;
    const [inLines, inPixels, channels] = [ints[g + 4]!, ints[g + 5]!, ints[g + 6]!];
    const [kernelLines, kernelPixels] = [ints[g + 7]!, ints[g + 8]!];
    for (let line = 0; line < ints[g]!; line++) {
      for (let pixel = 0; pixel < ints[g + 1]!; pixel++) {
        window(line, pixel);
        const [firstLine, firstPixel] = [
          line * ints[g + 9]! - ints[g + 11]!,
          pixel * ints[g + 10]! - ints[g + 12]!,
        ];
        const lineEnd = Math.min(kernelLines, inLines - firstLine);
        const pixelEnd = Math.min(kernelPixels, inPixels - firstPixel);
        for (let k = Math.max(0, -firstLine); k < lineEnd; k++)
          for (let t = Math.max(0, -firstPixel); t < pixelEnd; t++)
            each(((firstLine + k) * inPixels + firstPixel + t) * channels, k, t);
        done(line, pixel);
      }
    }
  }

  return {
    convolve(x, xExample, w, wRow, bias, y, yExample, geometry, batch, columns) {
      const g = geometry >> 2;
      const [yLine, yPixel, channels] = [ints[g + 2]!, ints[g + 3]!, ints[g + 6]!];
      const [wLine, wPixel] = [ints[g + 13]! * wRow, ints[g + 14]! * wRow];
      for (let b = 0; b < batch; b++) {
        const [from, to] = [(x >> 2) + b * xExample, (y >> 2) + b * yExample];
        eachTap(
          geometry,
          () => {
            for (let n = 0; n < columns; n++) sums[n] = bias ? f[(bias >> 2) + n]! : 0;
          },
          (at, k, t) => {
            let weight = (w >> 2) + k * wLine + t * wPixel;
            for (let c = from + at; c < from + at + channels; c++, weight += wRow) {
              const value = f[c]!;
              for (let n = 0; n < columns; n++) sums[n]! += value * f[weight + n]!;
            }
          },
          (line, pixel) => {
            for (let n = 0; n < columns; n++) f[to + line * yLine + pixel * yPixel + n] = sums[n]!;
          },
        );
      }
    },

    flipPanel(w, panel, positions, inputs, outputs, first) {
      let to = panel >> 2;
      for (let k = positions - 1; k >= 0; k--) {
        for (let n = 0; n < outputs; n++) {
          for (let c = first; c < first + tile; c++)
            f[to++] = c < inputs ? f[(w >> 2) + (k * inputs + c) * outputs + n]! : 0;
        }
      }
    },

    convolveWeights(x, xExample, dy, dyExample, dw, geometry, batch, columns) {
      const g = geometry >> 2;
      const [outPixels, channels, kernelPixels] = [ints[g + 1]!, ints[g + 6]!, ints[g + 8]!];
      for (let b = 0; b < batch; b++) {
        const from = (x >> 2) + b * xExample;
        let over = 0;
        eachTap(
          geometry,
          (line, pixel) => {
            over = (dy >> 2) + b * dyExample + (line * outPixels + pixel) * columns;
          },
          (at, k, t) => {
            let to = (dw >> 2) + (k * kernelPixels + t) * channels * columns;
            for (let c = from + at; c < from + at + channels; c++, to += columns) {
              const value = f[c]!;
              for (let n = 0; n < columns; n++) f[to + n]! += value * f[over + n]!;
            }
          },
          () => {},
        );
      }
    },

    depthwise(x, xExample, w, bias, y, yExample, geometry, batch) {
      const g = geometry >> 2;
      const [yLine, yPixel, channels] = [ints[g + 2]!, ints[g + 3]!, ints[g + 6]!];
      const [wLine, wPixel] = [ints[g + 13]! * channels, ints[g + 14]! * channels];
      for (let b = 0; b < batch; b++) {
        const [from, start] = [(x >> 2) + b * xExample, (y >> 2) + b * yExample];
        let to = 0;
        eachTap(
          geometry,
          (line, pixel) => {
            to = start + line * yLine + pixel * yPixel;
            for (let c = 0; c < channels; c++) f[to + c] = bias ? f[(bias >> 2) + c]! : 0;
          },
          (at, k, t) => {
            const weight = (w >> 2) + k * wLine + t * wPixel;
            for (let c = 0; c < channels; c++) f[to + c]! += f[from + at + c]! * f[weight + c]!;
          },
          () => {},
        );
      }
    },

    depthwiseWeights(x, xExample, dy, dyExample, dyChannels, table, dw, geometry, batch) {
      const g = geometry >> 2;
      const [outPixels, channels, kernelPixels] = [ints[g + 1]!, ints[g + 6]!, ints[g + 8]!];
      for (let b = 0; b < batch; b++) {
        const from = (x >> 2) + b * xExample;
        let over = 0;
        eachTap(
          geometry,
          (line, pixel) => {
            over = (dy >> 2) + b * dyExample + (line * outPixels + pixel) * dyChannels;
          },
          (at, k, t) => {
            const to = (dw >> 2) + (k * kernelPixels + t) * channels;
            for (let c = 0; c < channels; c++) {
              const own = table ? ints[(table >> 2) + c]! : c;
              f[to + c]! += f[from + at + c]! * f[over + own]!;
            }
          },
          () => {},
        );
      }
    },
  };
}
