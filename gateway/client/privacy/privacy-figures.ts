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
  /** Everything that is probably wrong. */
  readonly warnings: readonly PrivacyWarning[];
}

/** Something that is probably wrong with a budget or a fleet: the task dialog has a sentence for each code, except `noise`. */
export interface PrivacyWarning {
  readonly code: 'noise' | 'separation' | 'delta-samples' | 'delta-gateways' | 'epsilon' | 'all-drawn';
  /** A sentence for a person. */
  readonly text: string;
  /** The numbers of the sentence. */
  readonly values: Readonly<Record<string, number>>;
}

/** Warnings of a budget that promises little. @param members of whom delta is the risk, and how many there are */
export function budgetWarnings(
  { epsilon, delta }: Pick<PrivacyFigures, 'epsilon' | 'delta'>,
  members: 'samples' | 'gateways',
  count: number,
): PrivacyWarning[] {
  const warnings: PrivacyWarning[] = [];
  if (delta * count > 1e-2) {
    const most = Number((1e-2 / count).toPrecision(2));
    const text = `Delta is ${plain(delta)}, expected less than ${plain(most)}: a hundredth of one in ${count} ${members}.`;
    warnings.push({ code: `delta-${members}`, text, values: { delta, most, count } });
  }
  if (epsilon > 10) {
    const text = `An epsilon of ${epsilon} promises little: 8 is weak already, 1 is strong.`;
    warnings.push({ code: 'epsilon', text, values: { epsilon } });
  }
  return warnings;
}

/** A number of three digits, without an exponent. */
const plain = (value: number): string =>
  new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: false }).format(value);

/** The text as a sentence of its own. */
export const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
