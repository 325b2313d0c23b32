import { drawPicture, type Plot } from './draw-picture';
import { histogramSpec, lineSpec, type NamedSpec } from './plot-specs';
import { bytes, duration } from './quantities';
import type { RunSummary, VersionRecord } from './results';

/**
 * Draws accuracy over virtual time, accuracy over bytes, and the ages of contributions.
 * @throws FtteError `config-invalid` naming the packages to install if they are missing
 */
export async function drawPlots(
  title: string,
  versions: readonly VersionRecord[],
  runs: readonly RunSummary[],
): Promise<Plot[]> {
  const judged = versions.filter((record) => shownOf(record) !== undefined);
  const what = whatOf(judged);
  const accuracyOver = (
    name: string,
    quantity: string,
    of: (record: VersionRecord) => number,
    unitOf: (most: number) => Unit,
  ): NamedSpec => {
    const unit = unitOf(Math.max(1, ...judged.map(of)));
    const points = judged.map((record) => ({
      x: of(record) / unit.size,
      y: shownOf(record) ?? 0,
      line: `seed ${record.seed}`,
    }));
    return lineSpec(name, `${title}: ${what} over ${quantity}`, unit.title, points, what);
  };
  const specs = [
    accuracyOver('accuracy-over-time', 'virtual time', ({ timeMs }) => timeMs, timeUnit),
    accuracyOver('accuracy-over-bytes', 'bytes', ({ bytesUp, bytesDown }) => bytesUp + bytesDown, byteUnit),
    histogramSpec('ages', `${title}: age of contributions`, runs),
  ];
  return Promise.all(specs.map(drawPicture));
}

/** The figure of a version that a plot shows. */
const shownOf = ({ meanAccuracy, detection, skill, meanAbsoluteError }: VersionRecord): number | undefined =>
  meanAccuracy ?? detection?.rate ?? skill ?? meanAbsoluteError;

/** The name of that figure. */
function whatOf([first]: readonly VersionRecord[]): string {
  if (!first || first.meanAccuracy !== undefined) return 'accuracy';
  if (first.detection) return 'detected';
  return first.skill === undefined ? 'mean absolute error' : 'skill';
}

/**
 * Draws lines of accuracy over virtual time into one picture, to compare rules for example.
 * @throws FtteError `config-invalid` naming the packages to install if they are missing
 */
export function drawLines(name: string, title: string, lines: readonly AccuracyLine[]): Promise<Plot> {
  const points = lines.flatMap(({ label, points }) =>
    points.map(({ seconds, accuracy }) => ({ x: seconds, y: accuracy, line: label })),
  );
  return drawPicture(lineSpec(name, title, 'virtual time, s', points));
}

/** A line of accuracy, 0 to 1, over virtual time. */
export interface AccuracyLine {
  readonly label: string;
  readonly points: readonly { readonly seconds: number; readonly accuracy: number }[];
}

interface Unit {
  readonly title: string;
  readonly size: number;
}

function timeUnit(mostMs: number): Unit {
  const [, unit = 'ms'] = duration(mostMs).split(' ');
  const size = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1000 }[unit] ?? 1;
  return { title: `virtual time, ${unit}`, size };
}

function byteUnit(mostBytes: number): Unit {
  const [, unit = 'B'] = bytes(mostBytes).split(' ');
  const size = { GB: 1e9, MB: 1e6, kB: 1e3 }[unit] ?? 1;
  return { title: `bytes up and down of all clients, ${unit}`, size };
}
