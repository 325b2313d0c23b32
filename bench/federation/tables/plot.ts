import { type AccuracyLine, drawLines, type Plot } from '../../../gateway/simulation';
import type { Point } from '../runs/result';
import type { CellOutcome } from '../runs/run-cells';

/** Points of a line. */
const points = 100;

/** Draws accuracy over virtual time of the arms under one mix, as means over their seeds, until `seconds`. */
export function plotMix(
  outcomes: readonly CellOutcome[],
  mix: string,
  arms: readonly string[],
  seconds: number,
): Promise<Plot> {
  const lines = arms.flatMap((arm): AccuracyLine[] => {
    const curves = outcomes
      .filter((outcome) => outcome.mix === mix && outcome.arm === arm)
      .map(({ result }) => result.curve);
    return curves.length > 0 ? [{ label: arm, points: meanLine(curves, seconds) }] : [];
  });
  const name = `federation-${mix.replace(/[^0-9a-z]+/gi, '-').replace(/-$/, '')}`;
  return drawLines(name, `accuracy on the test people, ${mix} slow`, lines);
}

/** Mean of the curves at equal distances in time, from where all have begun to where the first ends. */
export function meanLine(curves: readonly (readonly Point[])[], seconds: number): AccuracyLine['points'] {
  const from = Math.max(...curves.map((curve) => curve[0]?.timeMs ?? Number.POSITIVE_INFINITY));
  const to = Math.min(1000 * seconds, ...curves.map((curve) => curve.at(-1)?.timeMs ?? 0));
  if (!(to > from)) return [];
  return Array.from({ length: points + 1 }, (_, i) => {
    const timeMs = from + ((to - from) * i) / points;
    const values = curves.map((curve) => at(curve, timeMs));
    return {
      seconds: timeMs / 1000,
      accuracy: values.reduce((sum, value) => sum + value, 0) / values.length,
    };
  });
}

/** The accuracy of the last version judged by then. */
function at(curve: readonly Point[], timeMs: number): number {
  let accuracy = 0;
  for (const point of curve) {
    if (point.timeMs > timeMs) break;
    accuracy = point.accuracy;
  }
  return accuracy;
}
