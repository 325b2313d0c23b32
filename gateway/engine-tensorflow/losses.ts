import type { Tensor } from '@tensorflow/tfjs';
import type { Loss } from '../model';
import type { TensorFlow } from './tensorflow';

/**
 * Sum over the examples of their losses; an example's is the mean over its outputs, but for softmax.
 * @param outputs `[batch, n]` before softmax or sigmoid
 * @param target `[batch, n]`
 */
export function lossSum(tf: TensorFlow, loss: Loss, outputs: Tensor, target: Tensor): Tensor {
  switch (loss) {
    case 'softmax-cross-entropy':
      return tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(outputs))));
    case 'binary-cross-entropy': {
      // max(x, 0) - x t + log(1 + exp(-|x|)): stays finite far out.
      const far = tf.sub(tf.relu(outputs), tf.mul(outputs, target));
      return overOutputs(tf, tf.add(far, tf.log1p(tf.exp(tf.neg(tf.abs(outputs))))));
    }
    case 'mean-squared-error':
      return overOutputs(tf, tf.square(tf.sub(outputs, target)));
    case 'huber': {
      const error = tf.abs(tf.sub(outputs, target));
      const near = tf.minimum(error, 1);
      return overOutputs(tf, tf.add(tf.mul(0.5, tf.square(near)), tf.sub(error, near)));
    }
  }
}

const overOutputs = (tf: TensorFlow, losses: Tensor) => tf.div(tf.sum(losses), losses.shape[1] ?? 1);

/** Outputs as a user gets them: probabilities, or the values themselves. */
export function answers(tf: TensorFlow, loss: Loss, outputs: Tensor): Tensor {
  if (loss === 'softmax-cross-entropy') return tf.softmax(outputs);
  return loss === 'binary-cross-entropy' ? tf.sigmoid(outputs) : outputs;
}
