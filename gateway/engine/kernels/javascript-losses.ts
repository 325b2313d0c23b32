import type { LossKernels } from './loss-kernels';

/** The losses in plain JavaScript. */
export function javascriptLosses(f: Float32Array, ints: Int32Array): LossKernels {
  return {
    softmaxLoss(logits, example, labels, gradient, gradientExample, classes, batch, scale) {
      let loss = 0;
      for (let b = 0; b < batch; b++) {
        const at = (logits >> 2) + b * example;
        let top = f[at]!;
        for (let c = 1; c < classes; c++) top = Math.max(top, f[at + c]!);
        let sum = 0;
        for (let c = 0; c < classes; c++) sum += Math.exp(f[at + c]! - top);
        const label = labels ? ints[(labels >> 2) + b]! : -1;
        if (label >= 0) loss += Math.log(sum) - (f[at + label]! - top);
        const to = scale === 0 ? at : (gradient >> 2) + b * gradientExample;
        for (let c = 0; c < classes; c++) {
          const p = Math.exp(f[at + c]! - top) / sum;
          f[to + c] = scale === 0 ? p : (p - (c === label ? 1 : 0)) * scale;
        }
      }
      return loss;
    },

    sigmoidLoss(logits, example, labels, gradient, gradientExample, outputs, batch, scale) {
      let loss = 0;
      for (let b = 0; b < batch; b++) {
        const at = (logits >> 2) + b * example;
        const to = scale === 0 ? at : (gradient >> 2) + b * gradientExample;
        const label = labels ? ints[(labels >> 2) + b]! : -1;
        const yes = outputs === 1 ? label - 1 : label;
        for (let c = 0; c < outputs; c++) {
          const logit = f[at + c]!;
          const small = Math.exp(-Math.abs(logit));
          // -ln sigmoid(z) for a yes, -ln(1 - sigmoid(z)) for a no, without overflow.
          if (labels) loss += (Math.max(c === yes ? -logit : logit, 0) + Math.log(1 + small)) / outputs;
          const p = (logit < 0 ? small : 1) / (1 + small);
          f[to + c] = scale === 0 ? p : ((p - (c === yes ? 1 : 0)) * scale) / outputs;
        }
      }
      return loss;
    },

    valueLoss(values, example, target, targetExample, gradient, gradientExample, size, batch, scale, delta) {
      let loss = 0;
      for (let b = 0; b < batch; b++) {
        const at = (values >> 2) + b * example;
        const wanted = (target >> 2) + b * targetExample;
        const to = (gradient >> 2) + b * gradientExample;
        for (let i = 0; i < size; i++) {
          const error = f[at + i]! - f[wanted + i]!;
          const far = Math.abs(error);
          const linear = delta > 0 && far > delta;
          const square = delta > 0 ? (error * error) / 2 : error * error;
          loss += (linear ? delta * (far - delta / 2) : square) / size;
          const slope = delta === 0 ? 2 * error : linear ? Math.sign(error) * delta : error;
          if (scale !== 0) f[to + i] = (slope * scale) / size;
        }
      }
      return loss;
    },
  };
}
