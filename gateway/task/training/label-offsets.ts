/** Share of the draws that a label without samples counts as. */
const leastShare = 0.01;

/** The part of a task that decides on it. */
interface CalibratedTask {
  readonly kind: string;
  readonly labels: readonly string[];
  readonly training: { readonly balance: string; readonly loss: string };
}

/**
 * Numbers that are added to the outputs while a round trains, if the task calibrates them: the logarithm of the share of each
 * label among the samples. The model then learns what distinguishes labels, not which of them this gateway has: a gateway
 * without a label does not push its output down. (Balanced softmax, Ren 2020, arXiv 2007.10740; with the shares of each client,
 * Zhang 2022, arXiv 2209.00189.) Undefined if nothing is added.
 */
export function labelOffsets(
  { kind, labels, training }: CalibratedTask,
  y: Uint16Array,
): Float32Array | undefined {
  if (training.balance !== 'calibrated' || kind !== 'classification') return undefined;
  if (training.loss === 'binary-cross-entropy' || y.length === 0) return undefined;
  const shares = new Float32Array(labels.length);
  for (const label of y) shares[label]! += 1 / y.length;
  return shares.map((share) => Math.log(Math.max(share, leastShare)));
}
