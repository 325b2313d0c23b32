import type { LayerOf } from '../../../model';
import { perExampleNorm } from './per-example';

/** Normalisation of each row by its own mean and variance over the channels (Ba 2016, arXiv 1607.06450). */
export const layernorm = perExampleNorm<LayerOf<'layernorm'>>({
  forward: (kernels, { epsilon }, { x, xExample, y, yExample, gamma, rows, channels }, beta, count) =>
    kernels.layerNorm(x, xExample, y, yExample, gamma, beta, epsilon, count, rows, channels),
  back: (kernels, { epsilon }, { x, xExample, y, yExample, gamma, rows, channels }, dgamma, count, through) =>
    kernels.layerNormBack(x, xExample, y, yExample, gamma, dgamma, epsilon, count, rows, channels, through),
});
