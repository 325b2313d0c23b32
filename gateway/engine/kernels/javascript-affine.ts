import type { Kernels } from './kernels';

type AffineKernels = Pick<Kernels, 'affine' | 'affineInput' | 'affineWeights' | 'affineBias'>;

/** The matrix products in plain JavaScript, accumulated in double precision (`Math.fround` would be slower). */
export function javascriptAffine(f: Float32Array): AffineKernels {
  return {
    affine(x, xExample, xRow, w, bias, y, yExample, yRow, _panel, batch, rows, inner, columns) {
      const w0 = w >> 2;
      const bias0 = bias >> 2;
      const whole = columns & ~3;
      for (let b = 0; b < batch; b++) {
        for (let r = 0; r < rows; r++) {
          const xAt = (x >> 2) + b * xExample + r * xRow;
          const yAt = (y >> 2) + b * yExample + r * yRow;
          let n = 0;
          for (; n < whole; n += 4) {
            let s0 = f[bias0 + n]!;
            let s1 = f[bias0 + n + 1]!;
            let s2 = f[bias0 + n + 2]!;
            let s3 = f[bias0 + n + 3]!;
            for (let i = 0, at = w0 + n; i < inner; i++, at += columns) {
              const value = f[xAt + i]!;
              s0 += value * f[at]!;
              s1 += value * f[at + 1]!;
              s2 += value * f[at + 2]!;
              s3 += value * f[at + 3]!;
            }
            f[yAt + n] = s0;
            f[yAt + n + 1] = s1;
            f[yAt + n + 2] = s2;
            f[yAt + n + 3] = s3;
          }
          for (; n < columns; n++) {
            let sum = f[bias0 + n]!;
            for (let i = 0, at = w0 + n; i < inner; i++, at += columns) sum += f[xAt + i]! * f[at]!;
            f[yAt + n] = sum;
          }
        }
      }
    },

    affineInput(
      dy,
      dyExample,
      dyRow,
      w,
      dx,
      dxExample,
      dxRow,
      _panel,
      batch,
      rows,
      positions,
      inputs,
      outputs,
    ) {
      const w0 = w >> 2;
      for (let b = 0; b < batch; b++) {
        for (let r = 0; r < rows; r++) {
          const dxAt = (dx >> 2) + b * dxExample + r * dxRow;
          for (let c = 0; c < inputs; c++) {
            let sum = 0;
            for (let k = 0; k < positions; k++) {
              const dyAt = (dy >> 2) + b * dyExample + (r + k) * dyRow;
              const wAt = w0 + ((positions - 1 - k) * inputs + c) * outputs;
              for (let n = 0; n < outputs; n++) sum += f[dyAt + n]! * f[wAt + n]!;
            }
            f[dxAt + c] = sum;
          }
        }
      }
    },

    affineWeights(x, xExample, xRow, dy, dyExample, dyRow, dw, batch, rows, inner, columns) {
      const x0 = x >> 2;
      const dy0 = dy >> 2;
      const whole = columns & ~3;
      for (let i = 0; i < inner; i++) {
        const dwAt = (dw >> 2) + i * columns;
        let n = 0;
        for (; n < whole; n += 4) {
          let s0 = 0;
          let s1 = 0;
          let s2 = 0;
          let s3 = 0;
          for (let b = 0; b < batch; b++) {
            let xAt = x0 + b * xExample + i;
            let dyAt = dy0 + b * dyExample + n;
            for (let r = 0; r < rows; r++, xAt += xRow, dyAt += dyRow) {
              const value = f[xAt]!;
              s0 += value * f[dyAt]!;
              s1 += value * f[dyAt + 1]!;
              s2 += value * f[dyAt + 2]!;
              s3 += value * f[dyAt + 3]!;
            }
          }
          f[dwAt + n]! += s0;
          f[dwAt + n + 1]! += s1;
          f[dwAt + n + 2]! += s2;
          f[dwAt + n + 3]! += s3;
        }
        for (; n < columns; n++) {
          let sum = 0;
          for (let b = 0; b < batch; b++) {
            const xAt = x0 + b * xExample + i;
            const dyAt = dy0 + b * dyExample + n;
            for (let r = 0; r < rows; r++) sum += f[xAt + r * xRow]! * f[dyAt + r * dyRow]!;
          }
          f[dwAt + n]! += sum;
        }
      }
    },

    affineBias(dy, dyExample, dyRow, db, batch, rows, columns) {
      for (let n = 0; n < columns; n++) {
        let sum = 0;
        for (let b = 0; b < batch; b++) {
          const at = (dy >> 2) + b * dyExample + n;
          for (let r = 0; r < rows; r++) sum += f[at + r * dyRow]!;
        }
        f[(db >> 2) + n]! += sum;
      }
    },
  };
}
