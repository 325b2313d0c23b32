import type { ModelSpec, Shape } from '../../model';
import type { Schedule } from '../arena/schedule';
import { allocateView, clearHalo, copyView, noHalo, type View } from '../arena/view';
import type { EmitBackward } from '../layers/common/layer';
import { allocateTarget, emitLoss, type TargetSite } from '../losses';
import type { ParameterSite } from '../parameters/parameters';
import { PendingGradients } from './pending-gradients';
import { backwardHalos, forwardHalos, stagesOf } from './stages';

/** Places that a program fills, and places that it reads. */
export interface Passes {
  readonly input: View;
  readonly target: TargetSite;
  /** Logits, and after an evaluation probabilities; or values. */
  readonly output: View;
}

/**
 * Emits forward pass, loss and, down to the deepest trained layer, backward pass.
 * @param batch most examples at a time
 */
export function emitPasses(
  schedule: Schedule,
  model: ModelSpec,
  batch: number,
  sitesOf: (layer: number) => ParameterSite[],
): Passes {
  const sites = model.layers.map((_, i) => sitesOf(i));
  const trainedAt = sites.findIndex((list) => list.some((site) => site.trained));
  const deepest = trainedAt < 0 ? Number.POSITIVE_INFINITY : trainedAt;
  const { list: stages, outputIsFree } = stagesOf(model, deepest, sites);
  const last = stages.length;
  const shapeAt = (edge: number): Shape => (edge === 0 ? model.input : model.shapes[edge - 1]!);
  const reshaped = (view: View, edge: number): View => ({ ...view, width: shapeAt(edge).at(-1)! });

  const haloAt = forwardHalos(stages, model);
  const input = allocateView(schedule, 'input', shapeAt(0), haloAt[0]!, batch);
  const target = allocateTarget(schedule, model, input, batch);
  // The program writes both before the first operation.
  schedule.touch([input.buffer, target.kind === 'labels' ? target.buffer : target.view.buffer]);
  clearHalo(schedule, 'forward', input);

  const values: View[] = [input];
  const backwards = stages.map((stage, i): EmitBackward => {
    const { spec, module, parameters, backward, relu } = stage;
    const before = values[i]!;
    const y = stage.inPlace
      ? reshaped(before, i + 1)
      : allocateView(schedule, 'activations', shapeAt(i + 1), haloAt[i + 1]!, batch);
    if (!stage.inPlace) clearHalo(schedule, 'forward', y);
    if (stage.copies) copyView(schedule, 'forward', before, y);
    values.push(y);
    if (stage.skipped) return () => {};
    const shapes = { inputShape: shapeAt(i), outputShape: shapeAt(i + 1) };
    const second = stage.second === undefined ? undefined : values[stage.second];
    const x = stage.copies ? y : before;
    return module.compile({
      spec,
      index: i,
      schedule,
      batch,
      x,
      y,
      second,
      relu,
      backward,
      parameters,
      ...shapes,
    });
  });
  const output = values[last]!;

  const gradientHalos = backwardHalos(stages, deepest);
  const gradientView = (edge: number): View => {
    let root = edge; // gradients of layers in place share one buffer, shaped as the layer at the bottom wrote it
    while (root > 0 && stages[root - 1]!.module.inPlace) root--;
    const view = allocateView(schedule, 'activations', shapeAt(root), gradientHalos[edge]!, batch);
    return reshaped(view, edge);
  };
  // The gradient takes the logits' own place unless it needs a halo that they do not have, or they are needed.
  const plain = gradientHalos[last] === noHalo && output.example === output.size && outputIsFree;
  let dy = deepest === Number.POSITIVE_INFINITY || plain ? output : gradientView(last);
  emitLoss(schedule, model, output, target, dy);
  if (dy !== output) clearHalo(schedule, 'backward', dy);

  const held = new PendingGradients(schedule, gradientView);
  for (let i = last - 1; i >= deepest; i--) {
    const { module, second } = stages[i]!;
    const passesOn = second !== undefined && second > deepest;
    if (module.startsBranch) {
      if (passesOn) held.hold(dy, second);
      dy = held.take(i);
      continue;
    }
    if (passesOn && module.gradientPasses) held.hold(dy, second);
    const dSecond = passesOn && !module.gradientPasses ? held.open(second) : undefined;
    let dx: View | undefined;
    if (i > deepest) {
      if (module.inPlace && !module.view && !module.gradientPasses) dy = held.writable(dy, i + 1);
      dx = module.inPlace ? reshaped(dy, i) : gradientView(i);
      if (!module.inPlace) clearHalo(schedule, 'backward', dx);
    }
    backwards[i]!(dy, dx, dSecond);
    if (dx) dy = held.join(dx, i);
  }
  return { input, target, output };
}
