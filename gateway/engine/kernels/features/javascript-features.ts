import { type FeaturePlan, statisticNames } from '../../../model';
import type { FeatureKernels } from './feature-kernels';
import { windowFeatures } from './window-features';

/** Statistics of windows, in plain JavaScript. */
export function javascriptFeatures(f: Float32Array, ints: Int32Array): FeatureKernels {
  return {
    windowFeatures(x, xExample, y, yExample, _work, table, batch) {
      const plan = planAt(ints, table >> 2);
      const size = plan.length * plan.channels;
      for (let b = 0; b < batch; b++) {
        const from = (x >> 2) + b * xExample;
        f.set(windowFeatures(f.subarray(from, from + size), plan), (y >> 2) + b * yExample);
      }
    },
  };
}

/** The plan that `featureTable` wrote. */
function planAt(ints: Int32Array, at: number): FeaturePlan {
  const head = ints.subarray(at, at + 8) as unknown as number[];
  const [length = 0, channels = 0, signals = 0, groups = 0, padded = 0, bands = 0, lags = 0, triples = 0] =
    head;
  const lists = at + head.length;
  return {
    length,
    channels,
    signals,
    has: (name) => ((groups >> statisticNames.indexOf(name)) & 1) === 1,
    padded,
    bands,
    lags: [...ints.subarray(lists, lists + lags)],
    magnitudes: [...ints.subarray(lists + lags, lists + lags + triples)],
  };
}
