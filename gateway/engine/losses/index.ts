import type { Loss, ModelSpec } from '../../model';
import { FtteError } from '../../platform';
import type { ArenaBuffer, Schedule } from '../arena/schedule';
import { allocateView, noHalo, type View } from '../arena/view';
import { emitLabelLoss } from './labels';
import { emitValueLoss } from './values';

/** Targets of a micro-batch: labels, one int32 per example, or values. */
export type TargetSite =
  | { readonly kind: 'labels'; readonly buffer: ArenaBuffer }
  /** `isInput`: the view is the model's own input, of which there is no second copy. */
  | { readonly kind: 'values'; readonly view: View; readonly isInput: boolean };

/** Makes room for the targets, which are there before the first operation. */
export function allocateTarget(schedule: Schedule, model: ModelSpec, input: View, batch: number): TargetSite {
  if (model.target.kind === 'input') return { kind: 'values', view: input, isInput: true };
  if (model.target.kind === 'class') return { kind: 'labels', buffer: schedule.buffer('input', batch * 4) };
  const { rows, channels } = model.target;
  const view = allocateView(schedule, 'input', [rows, channels.length], noHalo, batch);
  return { kind: 'values', view, isInput: false };
}

const labelKernels: { readonly [L in Loss]?: 'softmaxLoss' | 'sigmoidLoss' } = {
  'softmax-cross-entropy': 'softmaxLoss',
  'binary-cross-entropy': 'sigmoidLoss',
};

/**
 * Emits the model's loss.
 * @param gradient where the gradient of the mean loss goes; it may be the outputs themselves
 * @throws FtteError `model-invalid` where the loss does not suit the target
 */
export function emitLoss(
  schedule: Schedule,
  { loss, target }: ModelSpec,
  outputs: View,
  site: TargetSite,
  gradient: View,
): void {
  if (site.kind === 'labels') {
    const kernel = labelKernels[loss];
    if (kernel) return void emitLabelLoss(schedule, kernel, outputs, site.buffer, gradient);
  } else if (loss === 'mean-squared-error' || loss === 'huber') {
    return void emitValueLoss(schedule, loss, outputs, site.view, gradient);
  }
  throw new FtteError('model-invalid', `the loss "${loss}" does not suit the target "${target.kind}"`, {
    loss,
    target: target.kind,
  });
}
