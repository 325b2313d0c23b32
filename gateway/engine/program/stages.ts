import type { LayerSpec, ModelSpec } from '../../model';
import type { Halo } from '../arena/view';
import { noHalo } from '../arena/view';
import { layerModule } from '../layers';
import type { LayerModule } from '../layers/common/layer';
import type { ParameterSite } from '../parameters/parameters';

/**
 * A layer with its module, its place, and whose bytes it works on. Edge i is the value that layer i reads: edge 0 is the
 * input, edge i + 1 what layer i gives.
 */
export interface Stage {
  readonly spec: LayerSpec;
  readonly module: LayerModule<LayerSpec>;
  readonly parameters: readonly ParameterSite[];
  /** A gradient comes back to this layer. */
  readonly backward: boolean;
  /** The edge that an `add`, `concat` or `branch` reads besides its own or instead of it. */
  readonly second: number | undefined;
  /** A ReLU that the pooling after it does on the way: nothing is emitted for it. */
  readonly skipped: boolean;
  /** This is that pooling. */
  readonly relu: boolean;
  /** The output lies in the input's bytes. */
  readonly inPlace: boolean;
  /** It would, but someone still needs the values that it overwrites: it works on a copy. */
  readonly copies: boolean;
}

/** The stages of a model, and whether the last one's bytes are free for the gradient of the loss. */
export interface Stages {
  readonly list: readonly Stage[];
  readonly outputIsFree: boolean;
}

/** A reader later than any layer: the way back. */
const wayBack = Number.POSITIVE_INFINITY;

/**
 * Works out which layers can work in place. Layers in place after one another share one buffer; one that changes values
 * must not while a layer further on (an `add`, a `concat`, a `branch`), the loss or the way back still reads an earlier
 * value of the buffer.
 * @param deepest the deepest layer that anything of is trained
 */
export function stagesOf(
  model: ModelSpec,
  deepest: number,
  sites: readonly (readonly ParameterSite[])[],
): Stages {
  const modules = model.layers.map(layerModule);
  const count = modules.length;
  // The last reader of each edge besides the layer after it.
  const readers: number[] = new Array(count + 1).fill(-1);
  const read = (edge: number, by: number) => {
    readers[edge] = Math.max(readers[edge]!, by);
  };
  for (const [add, layer] of Object.entries(model.seconds)) read(layer + 1, Number(add));
  if (model.target.kind === 'input') read(0, count);
  modules.forEach((module, i) => {
    if (i >= deepest && module.keepsOutput?.(model.layers[i]!)) read(i + 1, wayBack);
  });

  let pinned = readers[0]!; // until when values of the buffer at hand are read
  const list = model.layers.map((spec, i): Stage => {
    const module = modules[i]!;
    const parameters = sites[i]!;
    const backward = i >= deepest;
    const skipped = spec.type === 'relu' && modules[i + 1]?.takesRelu === true && readers[i + 1]! < 0;
    const relu = module.takesRelu === true && model.layers[i - 1]?.type === 'relu' && readers[i]! < 0;
    const able = module.inPlace && !(backward && module.keepsInput?.(parameters));
    const copies = able && !skipped && !module.view && pinned > i;
    const inPlace = able && !copies;
    pinned = inPlace ? Math.max(pinned, readers[i + 1]!) : readers[i + 1]!;
    const layer = model.seconds[i];
    const second = layer === undefined ? undefined : layer + 1;
    return { spec, module, parameters, backward, second, skipped, relu, inPlace, copies };
  });
  return { list, outputIsFree: pinned < count };
}

/** Values of a row that layer `index` reads. */
const widthAt = ({ input, shapes }: ModelSpec, index: number) => (shapes[index - 1] ?? input).at(-1)!;

/** Halo of each edge's value: what the layer that reads it asks for, through layers that work in place. */
export function forwardHalos(stages: readonly Stage[], model: ModelSpec): Halo[] {
  const halos: Halo[] = new Array(stages.length + 1).fill(noHalo);
  for (let i = stages.length - 1; i >= 0; i--) {
    const { spec, module, inPlace, copies } = stages[i]!;
    if (!copies) halos[i] = inPlace ? halos[i + 1]! : (module.halo?.(spec, widthAt(model, i)) ?? noHalo);
  }
  return halos;
}

/** Halo of each edge's gradient: what the layer that wrote the value asks for, if it has to pass a gradient on. */
export function backwardHalos(stages: readonly Stage[], deepest: number): Halo[] {
  const halos: Halo[] = [noHalo];
  stages.forEach(({ spec, module }, i) => {
    const own = i > deepest ? module.gradientHalo?.(spec) : undefined;
    halos.push(module.inPlace ? halos[i]! : normalised(own));
  });
  return halos;
}

const normalised = (halo: Halo | undefined): Halo => (halo && (halo.before || halo.after) ? halo : noHalo);
