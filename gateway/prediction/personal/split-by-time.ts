import type { StoredSample } from '../../stream';

/** Own windows, divided by time. */
export interface TimeSplit {
  /** Windows to adapt with. */
  readonly adapt: readonly StoredSample[];
  /** Windows of each label that came after these, which judge. */
  readonly keptOut: readonly StoredSample[];
}

/** Share of the windows of each label that judge at a time. */
const keptOutShare = 0.25;
/** Quarters that judge, each a model that was adapted with those before it. */
const quarters = 3;

/** Windows of a label that judge: one at least, unless it is the only one. */
const keptOutOf = (windows: number) => (windows < 2 ? 0 : Math.max(1, Math.floor(windows * keptOutShare)));

/**
 * Divides the windows of each label by time, because people change: windows chosen by chance would be neighbours of those that
 * the model was adapted with. First the second quarter judges what the first one has adapted, then the third one what
 * both before it have, and last the newest one; so three quarters of the windows judge, each later than what was learned
 * (forward chaining). Windows that may overlap with the first one that judges take no part.
 * @param samples of a store; ids are in the order of arrival
 * @param overlap number of windows before one with which it may share readings
 * @returns the one with the newest judges last
 */
export function splitsByTime(samples: readonly StoredSample[], overlap: number): readonly TimeSplit[] {
  const labels = [...byLabel(samples).values()].map((own) => own.sort((a, b) => a.id - b.id));
  return Array.from({ length: quarters }, (_, i) => splitAt(labels, quarters - i, overlap));
}

/** @param place the quarter that judges: 1 is the newest */
function splitAt(labels: readonly (readonly StoredSample[])[], place: number, overlap: number): TimeSplit {
  const adapt: StoredSample[] = [];
  const keptOut: StoredSample[] = [];
  for (const ordered of labels) {
    const size = keptOutOf(ordered.length);
    const from = ordered.length - size * place;
    // A label that is not among those before it does not judge.
    const out = from > 0 ? ordered.slice(from, from + size) : [];
    const first = out[0]?.id ?? (from > 0 ? Number.POSITIVE_INFINITY : 0);
    adapt.push(...ordered.filter(({ id }) => id + overlap < first));
    keptOut.push(...out);
  }
  return { adapt, keptOut };
}

/**
 * The windows that came after the newest one that a model was adapted with: these have not changed it.
 * @param newest its id
 */
export const newerThan = (
  newest: number,
  samples: readonly StoredSample[],
  overlap: number,
): StoredSample[] => samples.filter(({ id }) => id > newest + overlap);

/** The newest windows, at most so many, found without sorting a large store. */
export function newestWindows(samples: readonly StoredSample[], most: number): readonly StoredSample[] {
  if (samples.length <= most) return samples;
  let low = 0;
  let high = samples.reduce((max, { id }) => Math.max(max, id), 0);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const above = samples.reduce((count, { id }) => count + (id > middle ? 1 : 0), 0);
    if (above <= most) high = middle;
    else low = middle + 1;
  }
  return samples.filter(({ id }) => id > low);
}

/** Windows before a window that may have readings of it. */
export const overlapOf = ({ length, hop }: { readonly length: number; readonly hop: number }): number =>
  Math.max(0, Math.ceil(length / hop) - 1);

function byLabel(samples: readonly StoredSample[]): Map<number, StoredSample[]> {
  const groups = new Map<number, StoredSample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.label);
    if (group) group.push(sample);
    else groups.set(sample.label, [sample]);
  }
  return groups;
}
