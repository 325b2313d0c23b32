import { isDeepStrictEqual } from 'node:util';
import { type Task, weakerPrivacy } from '../../task';
import { encodingOf, finestEncoding } from '../../wire';

/**
 * The first setting in which a task goes beyond one that was agreed to, as a sentence; undefined: there is none. Those
 * are the settings that say what a sample is, and those by which updates reveal more.
 */
export function beyondAgreement(task: Task, agreed: Task): string | undefined {
  for (const [field, read] of equal) {
    const [got, was] = [plain(read(task)), plain(read(agreed))];
    if (!isDeepStrictEqual(got, was)) return `${field}: got ${shown(got)}, agreed was ${shown(was)}`;
  }
  for (const field of atLeast) {
    const [got, was] = [task.training[field], agreed.training[field]];
    if (got < was) return `training.${field}: got ${got}, agreed was at least ${was}`;
  }
  if (agreed.aggregation.masked && !task.aggregation.masked)
    return 'aggregation.masked: got none, agreed was true';
  const weaker = weakerPrivacy(task.privacy, agreed.privacy);
  if (weaker)
    return `${weaker.field}: got ${weaker.got}, agreed was ${weaker.isLimit ? 'at most ' : ''}${weaker.was}`;
  const [got, was] = [task.encoding.update, agreed.encoding.update];
  if (bytesPerValue(got) > bytesPerValue(was)) return `encoding.update: got ${got}, agreed was ${was}`;
  return undefined;
}

const bytesPerValue = (setting: Task['encoding']['update']) =>
  encodingOf(finestEncoding('update', setting)).bytesPerValue;

/** The settings that say what a sample is. Units are words for people, and the hop changes no sample. */
const equal: readonly [string, (task: Task) => unknown][] = [
  ['kind', ({ kind }) => kind],
  ['input.channels', ({ input }) => input.channels.map(({ unit: _, ...channel }) => channel)],
  ['input.rateHz', ({ input }) => input.rateHz],
  ['input.length', ({ input }) => input.length],
  ['input.normalisation', ({ input }) => input.normalisation],
  ['labels', ({ labels }) => labels],
  ['forecast', ({ forecast }) => forecast],
];

/** The fewer examples are behind a step or an update, the more it says about each. */
const atLeast = ['batchSize', 'minSamples', 'maxSamplesPerRound'] as const;

const plain = (value: unknown): unknown => (value === undefined ? 'none' : JSON.parse(JSON.stringify(value)));

const mostLetters = 120;

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > mostLetters ? `${text.slice(0, mostLetters)}…` : text;
}
