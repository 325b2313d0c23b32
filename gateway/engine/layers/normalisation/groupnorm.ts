import type { LayerOf } from '../../../model';
import { perExampleNorm } from './per-example';

/** Normalisation of groups of channels by their mean and variance over an example (Wu and He 2018, arXiv 1803.08494). */
export const groupnorm = perExampleNorm<LayerOf<'groupnorm'>>({
  forward(kernels, { epsilon, groups }, { x, xExample, y, yExample, gamma, rows, channels }, beta, count) {
    kernels.groupNorm(x, xExample, y, yExample, gamma, beta, epsilon, count, rows, channels, groups);
  },
  back(kernels, { epsilon, groups }, site, dgamma, count, through) {
    const { x, xExample, y, yExample, gamma, rows, channels } = site;
    kernels.groupNormBack(
      x,
      xExample,
      y,
      yExample,
      gamma,
      dgamma,
      epsilon,
      count,
      rows,
      channels,
      groups,
      through,
    );
  },
});
