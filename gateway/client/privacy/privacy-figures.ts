/** The figures about the privacy of a task that both levels have. */
export interface PrivacyFigures {
  readonly task: string;
  readonly epsilon: number;
  readonly delta: number;
  readonly gateways: number;
  /** Deviation of the noise over the clipping norm: of a training step, or of the sum of a version if it is independent. */
  readonly noise: number;
  /** Contributions of a version, and versions until the budgets of all gateways are spent. */
  readonly bufferSize: number;
  readonly versions: number;
  readonly trainedParameters: number;
  /**
   * Norm of the noise over the norm of what could be learned if all gradients, or updates, had the clipping norm and one
   * direction: of a version, or of all versions together. Real ones do not: it is a lower limit.
   */
  readonly noiseShare: number;
  /** Epsilon after the number of rounds, or updates, that was asked for. */
  readonly spentByUses: number;
  /** A sentence if the noise hurts or destroys the model. */
  readonly noiseWarning?: string | undefined;
  /** Sentences on everything that is probably wrong, with that about the noise. */
  readonly warnings: readonly string[];
}

/** Sentences on a budget that promises little. @param members of whom delta is the risk, and how many there are */
export function budgetWarnings(
  { epsilon, delta }: Pick<PrivacyFigures, 'epsilon' | 'delta'>,
  members: 'samples' | 'gateways',
  count: number,
): string[] {
  const warnings: string[] = [];
  if (delta * count > 1e-2)
    warnings.push(`delta is ${delta}, expected less than a hundredth of one in ${count} ${members}.`);
  if (epsilon > 10)
    warnings.push(`An epsilon of ${epsilon} promises little: 8 is weak already, 1 is strong.`);
  return warnings;
}

/** The text as a sentence of its own. */
export const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
