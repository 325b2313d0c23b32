import type { LayerOf } from '../../model';
import type { JsonObject } from '../format/json';
import type { KerasLayer } from './keras-layer';

const settings = ['statistics', 'lags', 'bands', 'magnitudes', 'side'] as const;

/** The class under which features are saved. Neither Keras nor TensorFlow.js has such a layer. */
const className = 'FtteFeatures';

export const features = {
  features: {
    readers: {
      [className](draft, config, { sources, main }) {
        const given = settings.filter((key) => config.raw(key) !== undefined);
        const values = Object.fromEntries(given.map((key) => [key, config.raw(key)]));
        draft.takeBranch();
        // The schema of layers checks the settings, as it checks those of every layer that is read.
        draft.join({ type: 'features', from: 'input', ...values }, sources[main]!);
      },
    },
    write(spec) {
      const given = settings.flatMap((key) => (spec[key] === undefined ? [] : [[key, spec[key]] as const]));
      return [{ className, config: Object.fromEntries(given) as JsonObject }];
    },
    remark: () =>
      `the features of a window are saved as a layer of class ${className}, which Keras and TensorFlow.js do not have: register one that computes the formulas of docs/features.md; ftte import reads it as it is`,
  } satisfies KerasLayer<LayerOf<'features'>>,
};
