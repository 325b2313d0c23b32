import type * as tf from '@tensorflow/tfjs';
import type { LayerOf } from '../../../../gateway/model';
import { type LayerCase, ofRank } from './layer-case';

export const dense: LayerCase<LayerOf<'dense'>> = {
  shapes: [['features', [7], { units: 3 }, [3]]],
  reference: ({ units }, x, { tensors: [kernel, bias] }) =>
    Float64Array.from({ length: units }, (_, n) => {
      let sum = bias?.[n] ?? 0;
      for (let i = 0; i < x.length; i++) sum += x[i]! * kernel![i * units + n]!;
      return sum;
    }),
  tensorFlow(tf, _, x, { tensors: [kernel, bias] }) {
    const product = tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D);
    return bias ? tf.add(product, bias) : product;
  },
  draw: ofRank(1, ({ size, bias }) => ({ units: 2 * size, ...bias })),
};
