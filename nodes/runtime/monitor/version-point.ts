import { type VersionReport, weightedLoss } from '../../../gateway/coordinator';
import { shown, type Value } from './columns';

/** Values of a version that have a curve, in the order of the columns. */
export const pointKeys = [
  'version',
  'timeMs',
  'accuracy',
  'current',
  'chance',
  'federated',
  'loss',
  'error',
  'lossBefore',
  'lossAfter',
  'updateBytes',
  'patchBytes',
  'durationMs',
  'online',
] as const;

type Values = Readonly<Record<(typeof pointKeys)[number], Value>>;

/** One version as the sidebar draws it. Accuracies are balanced; times are in ms, sizes in bytes. */
export interface VersionPoint extends Values {
  /** Recall by label, in the order of the task; empty without an evaluation. */
  readonly recalls: readonly Value[];
}

/** Most labels with a curve of their own. */
export const mostCurves = 32;

/** The point of a version. @param labels of the task */
export function versionPoint(report: VersionReport, labels: readonly string[], timeMs: number): VersionPoint {
  const { average, current, federated, contributions } = report;
  const recalls = (average ?? federated)?.recalls;
  return {
    version: report.version,
    timeMs: Math.round(timeMs),
    accuracy: shown(average?.balancedAccuracy),
    current: shown(current?.balancedAccuracy),
    chance: shown((average ?? federated)?.chance),
    federated: shown(federated?.balancedAccuracy),
    loss: shown((average ?? federated)?.loss),
    error: shown(average?.meanAbsoluteError),
    lossBefore: shown(weightedLoss(contributions, 'lossBefore')),
    lossAfter: shown(weightedLoss(contributions, 'lossAfter')),
    updateBytes: report.updateBytes,
    patchBytes: report.patchBytes,
    durationMs: Math.round(report.durationMs),
    online: report.gatewaysOnline,
    recalls: recalls ? labels.slice(0, mostCurves).map((label) => shown(recalls[label])) : [],
  };
}

/** A column of recalls per label. */
export function recallColumns(
  points: readonly VersionPoint[],
  labels: readonly string[],
): Readonly<Record<string, readonly Value[]>> {
  return Object.fromEntries(
    labels.map((label, i) => [label, points.map(({ recalls }) => recalls[i] ?? null)]),
  );
}
