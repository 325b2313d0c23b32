/** The layers of Keras and ours: how each kind is read and written. */
import type { LayerOf, LayerSpec, LayerType } from '../../model';
import { arrangement } from './arrangement';
import { convolutions } from './convolutions';
import { dense } from './dense';
import type { Draft } from './draft';
import { elementwise } from './elementwise';
import { features } from './features';
import { joins } from './joins';
import type { KerasLayer, Place, Reader, WrittenLayer, WrittenSite } from './keras-layer';
import type { LayerConfig } from './layer-config';
import { normalisation } from './normalisation';
import { passing } from './passing';
import { pooling } from './pooling';
import { recurrent } from './recurrent';

export { Draft, type Piece } from './draft';
export type { WrittenLayer } from './keras-layer';
export { LayerConfig } from './layer-config';

const kerasLayers: { readonly [Type in LayerType]: KerasLayer<LayerOf<Type>> } = {
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

/** The entry of a layer. The table's type ties each key to its own spec, which an index by a union loses. */
const kerasLayer = (spec: LayerSpec) => kerasLayers[spec.type] as KerasLayer<LayerSpec>;

/** The reader of each class of Keras. Some become no layer of ours. */
const readers: ReadonlyMap<string, Reader> = new Map([
  ...Object.values(kerasLayers).flatMap((layer) => Object.entries<Reader>(layer.readers)),
  ...Object.entries<Reader>(passing),
]);

/** The classes of Keras that can be read. */
export const savedClasses: readonly string[] = [...readers.keys()];

/** Reads one saved layer into the draft. */
export function readLayer(draft: Draft, config: LayerConfig, place: Place): void {
  draft.layer = config.layer;
  const read = readers.get(config.layer.className);
  if (read) read(draft, config, place);
  else {
    config.problem(`is not supported; supported are ${savedClasses.join(', ')}; it has ${config.excerpt()}`);
    draft.unreadable();
  }
  draft.end(config.layer.name);
}

/** Writes one of our layers as saved layers. */
export const writeLayer = (spec: LayerSpec, site: WrittenSite): readonly WrittenLayer[] =>
  kerasLayer(spec).write(spec, site);

/** Remarks for a person who exports these layers, each once. */
export const exportRemarks = (layers: readonly LayerSpec[]): string[] => [
  ...new Set(layers.flatMap((spec) => kerasLayer(spec).remark?.(spec) ?? [])),
];
