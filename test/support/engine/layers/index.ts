/** Knowledge of the tests about each kind of layer, apart from the code under test. */
import type { LayerOf, LayerSpec, LayerType } from '../../../../gateway/model';
import { arrangement, arrangementKernels } from './arrangement';
import { convolutions } from './convolutions';
import { dense } from './dense';
import { elementwise, elementwiseKernels } from './elementwise';
import { featureKernels, features } from './features';
import { joins } from './joins';
import type { KernelCase } from './kernel-case';
import type { LayerCase } from './layer-case';
import { normalisation, normalisationKernels } from './normalisation';
import { pooling, poolingKernels } from './pooling';
import { recurrent, recurrentKernels } from './recurrent';

export { drawsOf, type Values } from './layer-case';

export const layerCases: { readonly [Type in LayerType]: LayerCase<LayerOf<Type>> } = {
  dense,
  ...convolutions,
  ...recurrent,
  ...normalisation,
  ...elementwise,
  ...joins,
  ...features,
  ...pooling,
  ...arrangement,
};

/** The case of a kind. The table's type ties each key to its own spec, which an index by a union loses. */
export const layerCase = (type: LayerType) => layerCases[type] as LayerCase<LayerSpec>;

/** Calls of all kernels that layers have of their own, but matrix products and convolutions. */
export const layerKernelCases: readonly KernelCase[] = [
  ...elementwiseKernels,
  ...poolingKernels,
  ...arrangementKernels,
  ...normalisationKernels,
  ...recurrentKernels,
  ...featureKernels,
];
