import { isCalibrated, type Task } from '../../task';
import type { OwnAccuracy, PersonalComparison } from './personal-report';

/**
 * Multiple of its noise that a gain has to exceed before a personal model is adopted: by chance alone, fewer than one model in
 * a hundred reaches that.
 */
export const adoptAbove = 2.5;
/** An adopted model goes if a new adaptation gains less than its noise, or if it loses more than that on newer windows. */
export const keepAbove = 1;

/**
 * A mixture gains less than the best one if it is below it by so many times the noise of that. What goes further towards own
 * windows unlearns labels that the gateway has few windows of, and those that judge say little about these.
 */
const lessBelow = 2;

/** Labels below which nothing is compared: a model that always says the one label of a gateway would be perfect. */
const fewestLabels = 2;
/** The same for tasks whose models do not learn how often a label comes. One label shows how often it is taken for another. */
const fewestCalibrated = 1;
/** Windows below which nothing is compared. */
export const fewestJudges = 16;

/** Labels that a model gives, as indices. @param outputs `[count, outputs]`; one output is the probability of label 1 */
export function labelsOf(outputs: Float32Array, count: number): Uint16Array {
  const width = count === 0 ? 0 : outputs.length / count;
  const labels = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    if (width === 1) {
      labels[i] = outputs[i]! > 0.5 ? 1 : 0;
      continue;
    }
    let best = 0;
    for (let k = 1; k < width; k++) if (outputs[i * width + k]! > outputs[i * width + best]!) best = k;
    labels[i] = best;
  }
  return labels;
}

/** Labels that windows which judge need to have. */
export const labelsToJudge = (task: Task): number => (isCalibrated(task) ? fewestCalibrated : fewestLabels);

/** Whether these windows can judge models of a task. */
export const canJudge = (y: ArrayLike<number>, task: Task): boolean =>
  y.length >= fewestJudges && countsOf(y).size >= labelsToJudge(task);

/** A label of so many windows counts half of one with very many: a single window of a rare label says little. */
const halfWeight = 5;

/**
 * Compares two models on the same windows. The gain is the mean over the labels of the difference in recall, where a label
 * of n windows weighs n / (n + 5). Its noise follows from the windows on which only one of them is right: if both were
 * equally good, each of these could as well have gone the other way (a sign test, as McNemar's, by label).
 * @param y true labels, at least one
 */
export function compare(y: Uint16Array, shared: Uint16Array, personal: Uint16Array): PersonalComparison {
  const counts = countsOf(y);
  const weights = [...counts.values()].map((all) => all / (all + halfWeight));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const weightOf = (label: number) => 1 / (sum * (counts.get(label)! + halfWeight));
  const rights = { shared: new Map<number, number>(), personal: new Map<number, number>() };
  let gain = 0;
  let variance = 0;
  for (let i = 0; i < y.length; i++) {
    const label = y[i]!;
    const [before, after] = [shared[i] === label, personal[i] === label];
    if (before) count(rights.shared, label);
    if (after) count(rights.personal, label);
    if (after === before) continue;
    const weight = weightOf(label);
    gain += after ? weight : -weight;
    variance += weight * weight;
  }
  const of = (right: Map<number, number>): OwnAccuracy => {
    const recalls = [...counts].map(([label, all]) => (right.get(label) ?? 0) / all);
    const all = [...right.values()].reduce((total, each) => total + each, 0);
    return { accuracy: all / y.length, balancedAccuracy: mean(recalls) };
  };
  const noise = Math.sqrt(variance);
  return { windows: y.length, shared: of(rights.shared), personal: of(rights.personal), gain, noise };
}

/**
 * The place of the model to use among several, the closest to the shared model first: the first one that would be adopted and
 * gains no less than the best one minus `lessBelow` times the noise of that (as the rule of standard errors: Breiman 1984,
 * section 3.4.3). If none would be adopted, it is the one with the largest gain.
 */
export function closest(comparisons: readonly PersonalComparison[]): number {
  const largest = Math.max(...comparisons.map(({ gain }) => gain));
  const best = comparisons.findIndex(({ gain }) => gain === largest);
  const least = largest - lessBelow * (comparisons[best]?.noise ?? 0);
  const first = comparisons.findIndex((each) => each.gain >= least && isBetter(each, adoptAbove));
  return first < 0 ? best : first;
}

/** Whether the gain is more than so many times its noise. */
export const isBetter = ({ gain, noise }: PersonalComparison, times: number): boolean =>
  gain > 0 && gain > times * noise;

/** Whether the loss is more than so many times its noise. */
export const isWorse = ({ gain, noise }: PersonalComparison, times: number): boolean =>
  gain < 0 && -gain > times * noise;

function countsOf(y: ArrayLike<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < y.length; i++) count(counts, y[i]!);
  return counts;
}

function count(counts: Map<number, number>, label: number): void {
  counts.set(label, (counts.get(label) ?? 0) + 1);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
