/** Probability that a label which is not among the samples counts as. */
const leastShare = 0.01;

/** The part of a task that decides on it. */
interface CalibratedTask {
  readonly kind: string;
  readonly input: { readonly cut?: object | undefined };
  readonly labels: readonly string[];
  readonly training: { readonly balance: string; readonly loss: string };
}

/**
 * Numbers that are added to the outputs while a round trains, for windows at beats with balance `auto`: the logarithm of the
 * share of each label among the draws. Without them gateways that have never seen a rare label would unlearn what the only
 * one that has it learned. (Logit calibration by the shares of each client, Zhang 2022, arXiv 2209.00189; balanced
 * softmax, Ren 2020, arXiv 2007.10740.) Undefined if nothing is added.
 */
export function labelOffsets(
  { kind, input, labels, training }: CalibratedTask,
  y: Uint16Array,
): Float32Array | undefined {
  if (training.balance !== 'auto' || !input.cut || kind !== 'classification') return undefined;
  if (training.loss === 'binary-cross-entropy' || y.length === 0) return undefined;
  const there = new Set(y);
  return Float32Array.from(labels, (_, label) => Math.log(there.has(label) ? 1 / there.size : leastShare));
}
