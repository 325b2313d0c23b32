import type { LayerOf } from '../../../model';
import { address, type View } from '../../arena/view';
import { type ParameterSite, parameterAddress } from '../../parameters/parameters';
import type { LayerContext, LayerModule } from '../common/layer';

type BatchNorm = LayerOf<'batchnorm'>;

/**
 * Normalisation with fixed statistics: one scale and one shift for each channel, computed again for each micro-batch, since
 * both follow from parameters. In place, with no input kept, unless gamma is trained: its gradient reads the input.
 */
export const batchnorm: LayerModule<BatchNorm> = {
  inPlace: true,
  keepsInput: ([gamma]) => gamma?.trained !== undefined,
  compile(site) {
    const { schedule, spec, x, y } = site;
    const { gamma, beta, mean, variance } = tensorsOf(site);
    emitAffineRows(site, 'forward', x, y, true);
    return (dy, dx) => {
      const channels = site.inputShape.at(-1)!;
      const rows = x.size / channels;
      const updates: (() => void)[] = [];
      if (gamma.trained && gamma.gradients) {
        const emitted = gamma.gradients.emit(gamma.trained, (gradient) =>
          schedule.emit('backward', [x.buffer, dy.buffer, gradient.buffer], (kernels) => {
            const [from, over] = [address(x), address(dy)];
            const to = gradient.buffer.offset + gradient.at;
            const [centre, spread] = [parameterAddress(mean), parameterAddress(variance)];
            return ({ count }) =>
              kernels.normGamma(
                from,
                x.example,
                over,
                dy.example,
                to,
                centre,
                spread,
                spec.epsilon,
                count,
                rows,
                channels,
              );
          }),
        );
        updates.push(emitted);
      }
      if (beta.trained && beta.gradients) {
        const emitted = beta.gradients.emit(beta.trained, (gradient) =>
          schedule.emit('backward', [dy.buffer, gradient.buffer], (kernels) => {
            const [over, to] = [address(dy), gradient.buffer.offset + gradient.at];
            return ({ count }) => kernels.affineBias(over, dy.example, channels, to, count, rows, channels);
          }),
        );
        updates.push(emitted);
      }
      if (dx) emitAffineRows(site, 'backward', dy, dx, false);
      for (const update of updates) update();
    };
  },
};

/** Emits `to = from * scale`, plus the shift where `shifted`; both may be the same. */
function emitAffineRows(
  site: LayerContext<BatchNorm>,
  phase: 'forward' | 'backward',
  from: View,
  to: View,
  shifted: boolean,
): void {
  const { schedule, spec } = site;
  const channels = site.inputShape.at(-1)!;
  const rows = from.size / channels;
  const factors = schedule.buffer('workspace', 2 * channels * 4);
  schedule.emit(phase, [from.buffer, to.buffer, factors], (kernels) => {
    const { gamma, beta, mean, variance } = tensorsOf(site);
    const tensors = [gamma, beta, mean, variance].map(parameterAddress);
    const [g, b, m, v] = tensors as [number, number, number, number];
    const [x, y, scale] = [address(from), address(to), factors.offset];
    const shift = shifted ? scale + channels * 4 : 0;
    return ({ count }) => {
      kernels.foldNorm(g, b, m, v, spec.epsilon, scale, channels);
      kernels.scaleRows(x, from.example, y, to.example, count, rows, channels, scale, shift);
    };
  });
}

function tensorsOf({ parameters }: LayerContext<BatchNorm>) {
  const [gamma, beta, mean, variance] = parameters as [
    ParameterSite,
    ParameterSite,
    ParameterSite,
    ParameterSite,
  ];
  return { gamma, beta, mean, variance };
}
