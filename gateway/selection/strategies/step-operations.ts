import type { LayerSpec, ModelSpec, Plan, Shape } from '../../model';
import { layerKind, parameterLayout, planSegments, segmentsSize, sizeOf } from '../../model';

/**
 * Floating-point operations of one example's forward and backward pass under a plan, counting a multiplication and
 * its addition as two. Backward ends at the deepest trained layer; weight gradients cost as much as the share of the
 * layer's weights that is trained.
 */
export function stepOperations(model: ModelSpec, plan: Plan): number {
  const layout = parameterLayout(model);
  const trained = new Map<number, { all: number; trained: number }>();
  for (const entry of plan.entries) {
    const tensor = layout.tensors[entry.tensor];
    if (!tensor) continue;
    const known = trained.get(tensor.layer) ?? { all: 0, trained: 0 };
    if (tensor.role === 'kernel' || tensor.role === 'recurrent') {
      known.all += tensor.size;
      known.trained += segmentsSize(planSegments(layout, { ...plan, entries: [entry] }));
    }
    trained.set(tensor.layer, known);
  }
  const deepest = Math.min(...trained.keys());
  let operations = 0;
  model.layers.forEach((_, layer) => {
    const forward = layerOperations(model, layer);
    operations += forward;
    if (layer < deepest) return;
    if (layer > deepest) operations += forward;
    const share = trained.get(layer);
    if (share && share.all > 0) operations += (forward * share.trained) / share.all;
  });
  return operations;
}

/** Operations of one layer's forward pass for one example. */
function layerOperations(model: ModelSpec, layer: number): number {
  const spec = model.layers[layer] as LayerSpec;
  const second = layerKind(spec).startsBranch ? model.seconds[layer] : undefined;
  const source = second ?? layer - 1;
  const before = source < 0 ? model.input : (model.shapes[source] as Shape);
  const after = model.shapes[layer] as Shape;
  return layerKind(spec).operations?.(spec, before, after) ?? sizeOf(before);
}
