/**
 * Importance of a model's parts as the coordinator measured it, by which gateways choose their plans. Task, budget and
 * scores settle a plan, so one small message serves gateways of every budget, and no plan travels down.
 */
export interface ImportanceScores {
  /** The version that was measured on. */
  readonly version: number;
  /** L2 norms of the units (see `selectionUnits`) of a version 0 that is not the seeded one. Codes of `encodeScores`. */
  readonly norms?: Uint8Array;
  /** L2 norms of the loss's gradient by unit. Codes of `encodeScores`. */
  readonly gradients?: Uint8Array;
  /** Gains of training parts of one tensor alone, beside the output layer and the biases. */
  readonly gains?: readonly TensorGains[];
}

/** Gains of one tensor. */
export interface TensorGains {
  /** Index into `ParameterLayout.tensors`. */
  readonly tensor: number;
  /**
   * One for each of `channelRatios`, or one alone for a tensor that is trained whole or not at all. Accuracy, 0 to 1;
   * if the target is not a class, the share of the squared error that went away.
   */
  readonly gains: readonly number[];
}

/** Shares of a tensor's input channels whose gains are measured (MCUNetV3, Lin 2022, section 3.2). */
export const channelRatios = [1 / 8, 1 / 4, 1 / 2, 1] as const;

/** Input channels that a ratio stands for, at least one. */
export const channelsAt = (ratio: number, channels: number): number =>
  Math.max(1, Math.ceil(ratio * channels));

const stepsAnOctave = 8;

/**
 * Scores as one byte each, for ranking: 0 is zero, 255 the largest, each step down a factor of 2^(1/8). A score below
 * 2^-31 of the largest is 1.
 */
export function encodeScores(scores: ArrayLike<number>): Uint8Array {
  let largest = 0;
  // A comparison with NaN is false.
  for (let i = 0; i < scores.length; i++) if (scores[i]! > largest) largest = scores[i]!;
  return Uint8Array.from(scores, (score) => {
    if (!(score > 0) || largest === 0) return 0;
    return Math.max(1, 255 - Math.round(stepsAnOctave * Math.log2(largest / score)));
  });
}

/** Scores relative to the largest, 0 to 1. */
export function decodeScores(codes: Uint8Array): Float64Array {
  return Float64Array.from(codes, (code) => (code === 0 ? 0 : 2 ** ((code - 255) / stepsAnOctave)));
}
