import { type ModelSpec, parameterLayout } from '../../model';
import { drawBalance, type RatedTask } from './local-rate';

/** Probability that a label which is not among the samples of a round counts as. */
const leastShare = 0.01;

/** The part of a task that decides on it. */
export interface CalibratedTask {
  readonly kind: RatedTask['kind'];
  readonly input: { readonly cut?: object | undefined };
  readonly labels: readonly string[];
  readonly training: { readonly balance: 'auto' | 'none' | 'root' | 'equal'; readonly loss: string };
}

/** Whether models of a task learn what a label is like, not how often it comes at whom: see `labelOffsets`. */
export const isCalibrated = ({ kind, input, training }: CalibratedTask): boolean =>
  training.balance === 'auto' &&
  input.cut !== undefined &&
  kind === 'classification' &&
  training.loss !== 'binary-cross-entropy';

/**
 * Whether rounds count each window alike, whoever has it, with offsets by how often labels come in the whole federation,
 * which the coordinator says. Private and masked updates do not say to it how often labels come at whom.
 */
export const usesLabelShares = (
  task: CalibratedTask & {
    readonly privacy?: object | undefined;
    readonly aggregation: { readonly masked?: true | undefined };
  },
): boolean => isCalibrated(task) && task.privacy === undefined && task.aggregation.masked === undefined;

/**
 * Numbers that are added to the outputs while a model is trained, for windows at beats with balance `auto`: the logarithm of the
 * share of each label among the draws. Without them gateways that have never seen a rare label would unlearn what the only
 * one that has it learned. (Logit calibration by the shares of each client, Zhang 2022, arXiv 2209.00189; balanced
 * softmax, Ren 2020, arXiv 2007.10740.) Undefined if nothing is added.
 * @param least probability that a label which is not among the samples counts as
 */
export function labelOffsets(
  task: CalibratedTask,
  y: Uint16Array,
  least = leastShare,
): Float32Array | undefined {
  if (!isCalibrated(task) || y.length === 0) return undefined;
  const { kind, labels, training } = task;
  const counts = new Array<number>(labels.length).fill(0);
  for (const label of y) counts[label]!++;
  const balance = drawBalance({ kind, training });
  const draws = counts.map((count) => (count > 0 ? count ** (1 - balance) : 0));
  const sum = draws.reduce((total, each) => total + each, 0);
  return Float32Array.from(draws, (each) => Math.log(each > 0 ? each / sum : least));
}

/**
 * The parameters that a training starts from: with the offsets of its labels in the bias of the outputs. The change that the
 * training makes is one of the model without them.
 * @param y labels of the samples
 * @param least as in `labelOffsets`
 */
export function calibrated(
  parameters: Float32Array,
  model: ModelSpec,
  task: CalibratedTask,
  y: Uint16Array,
  least = leastShare,
): Float32Array {
  return withOffsets(parameters, model, labelOffsets(task, y, least));
}

/** Parameters with offsets of the labels in the bias of the outputs; as they are without offsets, or if the model has no such bias. */
export function withOffsets(
  parameters: Float32Array,
  model: ModelSpec,
  offsets: Float32Array | undefined,
): Float32Array {
  const bias = parameterLayout(model).tensors.at(-1);
  if (!offsets || bias?.role !== 'bias' || bias.size !== offsets.length) return parameters;
  const shifted = parameters.slice();
  offsets.forEach((offset, label) => {
    shifted[bias.offset + label]! += offset;
  });
  return shifted;
}
