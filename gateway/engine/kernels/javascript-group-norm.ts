import type { LayerKernels } from './layer-kernels';

/** Normalisation of groups of channels, in plain JavaScript. */
export function javascriptGroupNorm(f: Float32Array): Pick<LayerKernels, 'groupNorm' | 'groupNormBack'> {
  return {
    groupNorm(x, xExample, y, yExample, gamma, beta, epsilon, batch, rows, channels, groups) {
      for (let b = 0; b < batch; b++) {
        for (let group = 0; group < groups; group++) {
          const { places, firstChannel, width } = groupOf(rows, channels, groups, group);
          const [from, to] = [(x >> 2) + b * xExample, (y >> 2) + b * yExample];
          const { mean, scale } = momentsOf(f, from, places, epsilon);
          for (const [i, place] of places.entries()) {
            const c = firstChannel + (i % width);
            f[to + place] = (f[from + place]! - mean) * scale * f[(gamma >> 2) + c]! + f[(beta >> 2) + c]!;
          }
        }
      }
    },

    groupNormBack(
      x,
      xExample,
      dy,
      dyExample,
      gamma,
      dgamma,
      epsilon,
      batch,
      rows,
      channels,
      groups,
      through,
    ) {
      for (let b = 0; b < batch; b++) {
        for (let group = 0; group < groups; group++) {
          const { places, firstChannel, width } = groupOf(rows, channels, groups, group);
          const [from, over] = [(x >> 2) + b * xExample, (dy >> 2) + b * dyExample];
          const { mean, scale } = momentsOf(f, from, places, epsilon);
          let [sum, product] = [0, 0];
          for (const [i, place] of places.entries()) {
            const c = firstChannel + (i % width);
            const value = (f[from + place]! - mean) * scale;
            if (dgamma) f[(dgamma >> 2) + c]! += f[over + place]! * value;
            const weighted = f[over + place]! * f[(gamma >> 2) + c]!;
            sum += weighted / places.length;
            product += (weighted * value) / places.length;
          }
          if (!through) continue;
          for (const [i, place] of places.entries()) {
            const weighted = f[over + place]! * f[(gamma >> 2) + firstChannel + (i % width)]!;
            const value = (f[from + place]! - mean) * scale;
            f[over + place] = (weighted - sum - value * product) * scale;
          }
        }
      }
    },
  };
}

/** Places of a group's values in an example, row by row. */
function groupOf(rows: number, channels: number, groups: number, group: number) {
  const width = channels / groups;
  const firstChannel = group * width;
  const places = Array.from(
    { length: rows * width },
    (_, i) => Math.floor(i / width) * channels + firstChannel + (i % width),
  );
  return { places, firstChannel, width };
}

function momentsOf(f: Float32Array, at: number, places: readonly number[], epsilon: number) {
  const mean = places.reduce((sum, place) => sum + f[at + place]!, 0) / places.length;
  const squares = places.reduce((sum, place) => sum + (f[at + place]! - mean) ** 2, 0);
  return { mean, scale: 1 / Math.sqrt(squares / places.length + epsilon) };
}
