/** Every kind of layer the engine compiles; one module each. */
import { FtteError } from '../../platform';
import type { LayerSpec } from '../../task';
import { conv1d } from './conv1d';
import { dense } from './dense';
import { flatten } from './flatten';
import { globalaveragepool1d } from './globalaveragepool1d';
import type { LayerModule } from './layer';
import { maxpool1d } from './maxpool1d';
import { relu } from './relu';

export type { EmitBackward, LayerModule, Site } from './layer';

const modules: { [K in LayerSpec['type']]?: LayerModule<Extract<LayerSpec, { type: K }>> } = {
  conv1d,
  dense,
  flatten,
  globalaveragepool1d,
  maxpool1d,
  relu,
};

/** The module of a layer. The table's type ties each key to its own spec, which an index by a union loses. */
export function layerModule(spec: LayerSpec): LayerModule<LayerSpec> {
  const module = modules[spec.type];
  if (!module) throw new FtteError('model-invalid', `the engine has no layer "${spec.type}"`);
  return module as LayerModule<LayerSpec>;
}
