/**
 * Scores of samples by label in bins, from which areas under ROC curves follow without a list of all scores. Histograms
 * of several requests are added.
 *
 * `[label, sample is of this label, bin]`, counts. A bin is an eighth of a unit of the log odds wide. Two scores in one bin
 * count as equal, so an area differs from that of the scores themselves by half the share of such pairs at most.
 */
export type ScoreHistogram = Uint32Array;

const binsPerUnit = 8;
/** Log odds of the closest float32 to 1, about. */
const largest = 16;
const bins = 2 * largest * binsPerUnit + 1;

/** Most labels with a histogram: above it would take more memory than the windows that are judged. */
export const mostScoredLabels = 64;

/** An empty histogram. @param labels number of labels; above 64 undefined */
export function scoreHistogram(labels: number): ScoreHistogram | undefined {
  return labels === 0 || labels > mostScoredLabels ? undefined : new Uint32Array(labels * 2 * bins);
}

/**
 * Counts the probability that a sample has a label.
 * @param isLabel whether it has the label
 */
export function addScore(
  histogram: ScoreHistogram,
  label: number,
  isLabel: boolean,
  probability: number,
): void {
  histogram[(label * 2 + (isLabel ? 1 : 0)) * bins + binOf(probability)]!++;
}

/**
 * Area under the ROC curve of each label against all others: how often a sample of the label has a higher score than one
 * without (Hanley and McNeil 1982; ties count half). Undefined for a label that no sample or every sample has.
 */
export function rocAreas(histogram: ScoreHistogram): (number | undefined)[] {
  return Array.from({ length: histogram.length / (2 * bins) }, (_, label) => {
    const others = histogram.subarray(2 * label * bins, (2 * label + 1) * bins);
    const own = histogram.subarray((2 * label + 1) * bins, (2 * label + 2) * bins);
    let below = 0;
    let pairs = 0;
    let samples = 0;
    for (let bin = 0; bin < bins; bin++) {
      pairs += own[bin]! * (below + others[bin]! / 2);
      below += others[bin]!;
      samples += own[bin]!;
    }
    return below > 0 && samples > 0 ? pairs / (below * samples) : undefined;
  });
}

/**
 * The area under the ROC curve of a model: of two labels that of either, of more the mean of each label against the rest
 * (Provost and Domingos 2001, without weights). Undefined if no label can be compared.
 */
export function meanRocArea(histogram: ScoreHistogram): number | undefined {
  const known = rocAreas(histogram).filter((area) => area !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, area) => sum + area, 0) / known.length;
}

function binOf(probability: number): number {
  const odds = Math.log(probability / (1 - probability));
  // A model that has diverged gives no number: such a sample counts as an even chance.
  if (Number.isNaN(odds)) return largest * binsPerUnit;
  return Math.round((Math.min(largest, Math.max(-largest, odds)) + largest) * binsPerUnit);
}
