import { defineLayer, elementwise } from './layer-kind';

/** max(x, 0). */
export const relu = elementwise({ initialisation: 'rectifies' });
/** min(max(x, 0), 6). */
export const relu6 = elementwise({ initialisation: 'rectifies' });
/** x above zero, `slope` x elsewhere (Maas 2013). */
export const leakyrelu = defineLayer({
  settings: (z) => ({ slope: z.number().min(0).max(1).default(0.3) }),
  outputShape: (_, input) => input,
  initialisation: 'rectifies',
});
/** x above zero, `alpha` (e^x - 1) elsewhere (Clevert 2016, arXiv 1511.07289). */
export const elu = defineLayer({
  settings: (z) => ({ alpha: z.number().positive().max(10).default(1) }),
  outputShape: (_, input) => input,
  initialisation: 'rectifies',
});
export const tanh = elementwise();
export const sigmoid = elementwise();

/** In training, zeroes each value with probability `rate` and scales the others by 1 / (1 - rate). */
export const dropout = defineLayer({
  settings: (z) => ({ rate: z.number().min(0).lt(1) }),
  outputShape: (_, input) => input,
});
