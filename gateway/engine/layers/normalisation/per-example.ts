import type { LayerSpec } from '../../../model';
import { address } from '../../arena/view';
import type { Kernels } from '../../kernels/kernels';
import { type GradientSite, type ParameterSite, parameterAddress } from '../../parameters/parameters';
import { accumulate, emitBias } from '../common/affine';
import type { LayerModule } from '../common/layer';

/** Addresses and lengths of a normalisation. */
export interface NormSite {
  readonly x: number;
  readonly xExample: number;
  /** The output, or its gradient. */
  readonly y: number;
  readonly yExample: number;
  readonly gamma: number;
  readonly rows: number;
  readonly channels: number;
}

/** The kernels of a normalisation with statistics of its own for each example. */
export interface NormKernels<S> {
  forward(kernels: Kernels, spec: S, site: NormSite, beta: number, count: number): void;
  back(kernels: Kernels, spec: S, site: NormSite, dgamma: number, count: number, through: 0 | 1): void;
}

/**
 * A normalisation by statistics of each example. The backward pass keeps the input and computes the statistics again, which
 * takes no memory; a layer of which nothing comes back works in place.
 */
export function perExampleNorm<S extends LayerSpec>({ forward, back }: NormKernels<S>): LayerModule<S> {
  return {
    inPlace: true,
    keepsInput: () => true,
    compile(site) {
      const { schedule, spec, x, y, inputShape } = site;
      const [gamma, beta] = site.parameters as [ParameterSite, ParameterSite];
      const channels = inputShape.at(-1)!;
      const rows = x.size / channels;
      const siteOf = (over: typeof y): NormSite => ({
        ...{ x: address(x), xExample: x.example, y: address(over), yExample: over.example },
        ...{ gamma: parameterAddress(gamma), rows, channels },
      });
      schedule.emit('forward', [x.buffer, y.buffer], (kernels) => {
        const [at, b] = [siteOf(y), parameterAddress(beta)];
        return ({ count }) => forward(kernels, spec, at, b, count);
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
              const at = siteOf(dy);
              const to = gradient ? gradient.buffer.offset + gradient.at : 0;
              return ({ count }) => back(kernels, spec, at, to, count, dx ? 1 : 0);
            },
          );
        if (gamma.trained) accumulate(updates, gamma, emit);
        else if (dx) emit();
        for (const update of updates) update();
      };
    },
  };
}
