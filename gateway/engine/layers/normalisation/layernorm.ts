import type { LayerOf } from '../../../model';
import { address } from '../../arena/view';
import { type GradientSite, type ParameterSite, parameterAddress } from '../../parameters/parameters';
import { accumulate, emitBias } from '../common/affine';
import type { LayerModule } from '../common/layer';

/**
 * Normalisation of each row by its own mean and variance over the channels (Ba 2016, arXiv 1607.06450). The backward pass
 * keeps the input and computes the statistics again, which takes no memory; a layer of which nothing comes back works in
 * place.
 */
export const layernorm: LayerModule<LayerOf<'layernorm'>> = {
  inPlace: true,
  keepsInput: () => true,
  compile(site) {
    const { schedule, spec, x, y, inputShape } = site;
    const [gamma, beta] = site.parameters as [ParameterSite, ParameterSite];
    const channels = inputShape.at(-1)!;
    const rows = x.size / channels;
    schedule.emit('forward', [x.buffer, y.buffer], (kernels) => {
      const [from, to] = [address(x), address(y)];
      const [g, b] = [parameterAddress(gamma), parameterAddress(beta)];
      return ({ count }) =>
        kernels.layerNorm(from, x.example, to, y.example, g, b, spec.epsilon, count, rows, channels);
    });
    return (dy, dx) => {
      const updates: (() => void)[] = [];
      // Of one gradient of the output, all that is made of it, before it becomes that of the input.
      emitBias(updates, site, beta, dy, rows, channels);
      const emit = (gradient?: GradientSite) =>
        schedule.emit(
          'backward',
          [x.buffer, dy.buffer, ...(gradient ? [gradient.buffer] : [])],
          (kernels) => {
            const [from, over, g] = [address(x), address(dy), parameterAddress(gamma)];
            const to = gradient ? gradient.buffer.offset + gradient.at : 0;
            const through = dx ? 1 : 0;
            return ({ count }) =>
              kernels.layerNormBack(
                from,
                x.example,
                over,
                dy.example,
                g,
                to,
                spec.epsilon,
                count,
                rows,
                channels,
                through,
              );
          },
        );
      if (gamma.trained) accumulate(updates, gamma, emit);
      else if (dx) emit();
      for (const update of updates) update();
    };
  },
};
