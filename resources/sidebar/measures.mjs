/* The curves that there are, by role: where their values are, and how they are read. */
import { bytes, decimal, duration, text } from './words.mjs';

const line = (column, label, more = {}) => ({ values: (curve) => curve[column] ?? [], label, ...more });

/** Measures of a coordinator: name, format of values, and lines. `fixed`: the range of the vertical axis. */
const ofVersions = [
  {
    name: 'accuracy',
    format: decimal,
    fixed: [0, 1],
    kinds: ['classification'],
    needs: 'noHeldOut',
    lines: () => [
      line('accuracy', text('line.average'), { isMain: true }),
      line('current', text('line.current')),
      line('federated', text('line.federated')),
      // The last: the first line that has values is what the sentence about the curve gives.
      line('chance', text('line.chance')),
    ],
  },
  {
    name: 'recall',
    format: decimal,
    fixed: [0, 1],
    kinds: ['classification'],
    needs: 'noHeldOut',
    lines: (curve) =>
      Object.keys(curve.recalls ?? {}).map((label) => ({
        values: ({ recalls }) => recalls[label] ?? [],
        label,
      })),
  },
  {
    name: 'error',
    format: decimal,
    kinds: ['forecast', 'anomaly'],
    needs: 'noHeldOut',
    lines: () => [line('error', text('line.error'), { isMain: true })],
  },
  {
    name: 'loss',
    format: decimal,
    needs: 'noLosses',
    lines: () => [
      line('loss', text('line.loss'), { isMain: true }),
      line('lossBefore', text('line.lossBefore')),
      line('lossAfter', text('line.lossAfter')),
    ],
  },
  {
    name: 'bytes',
    format: bytes,
    needs: 'noVersions',
    lines: () => [
      line('updateBytes', text('line.updateBytes'), { isMain: true }),
      line('patchBytes', text('line.patchBytes')),
    ],
  },
  {
    name: 'time',
    format: duration,
    needs: 'noVersions',
    lines: () => [line('durationMs', text('line.durationMs'), { isMain: true })],
  },
];

const ofRounds = [
  {
    name: 'loss',
    format: decimal,
    needs: 'noRounds',
    lines: () => [
      line('lossAfter', text('line.after'), { isMain: true }),
      line('lossBefore', text('line.before')),
    ],
  },
  {
    name: 'samples',
    format: decimal,
    needs: 'noRounds',
    lines: () => [line('samples', text('line.samples'), { isMain: true })],
  },
  {
    name: 'bytes',
    format: bytes,
    needs: 'noRounds',
    lines: () => [line('updateBytes', text('line.updateBytes'), { isMain: true })],
  },
  {
    name: 'time',
    format: duration,
    needs: 'noRounds',
    lines: () => [line('durationMs', text('line.training'), { isMain: true })],
  },
];

/** The measures that a role can have. */
export function measuresOf({ kind, task }) {
  if (kind !== 'coordinator') return ofRounds;
  return ofVersions.filter(({ kinds }) => !kinds || kinds.includes(task?.kind));
}

/** The lines of a measure that have a value. */
export const linesOf = (measure, curve) =>
  measure
    .lines(curve)
    .map(({ values, ...rest }) => ({ ...rest, values: values(curve) }))
    .filter(({ values }) => values.some((value) => value !== null && value !== undefined));

/** The numbers along the horizontal axis. */
export const axisOf = ({ kind, curve }) => (kind === 'coordinator' ? curve.version : curve.round);
