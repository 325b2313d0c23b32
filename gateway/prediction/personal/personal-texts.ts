import type { Task } from '../../task';
import { fewestJudges, labelsToJudge } from './gate';
import type { PersonalComparison } from './personal-report';

const short = (value: number) => value.toFixed(3);

const compared = ({ windows, shared, personal }: PersonalComparison) =>
  `balanced accuracy ${short(personal.balancedAccuracy)} against ${short(shared.balancedAccuracy)} of the shared model on ${windows} own windows that came later`;

/** Why an own model answers. */
export const adoptedText = compared;

/** Why an own model stays. */
export const keptText = (comparison: PersonalComparison): string =>
  `newer windows do not speak against it: ${compared(comparison)}`;

/** Why an own model goes. */
export const worseText = (comparison: PersonalComparison): string =>
  `the own model is worse on newer windows: ${compared(comparison)}`;

/** Why the shared model answers although an own one was made. */
export const notBetterText = (comparison: PersonalComparison): string =>
  `the own model is not better by more than chance explains: ${compared(comparison)}, a gain of ${short(comparison.gain)} with a noise of ${short(comparison.noise)}`;

export const droppedText = (why: string): string => `the shared model answers again at this gateway: ${why}`;

/** Why nothing can be compared yet. @param y labels of the windows that would judge */
export function tooFewText(y: ArrayLike<number>, task: Task): string {
  const { labels } = task;
  const known = new Set(Array.from({ length: y.length }, (_, i) => y[i]!));
  const [only] = known;
  if (y.length >= fewestJudges && known.size < labelsToJudge(task) && only !== undefined)
    return `all own windows have the label ${labels[only] ?? only}: a model of its own needs windows of two labels`;
  return `too few labelled windows of its own: ${y.length} are the newest quarter of all, expected at least ${fewestJudges}${labelsToJudge(task) > 1 ? ' of two labels' : ''}`;
}
