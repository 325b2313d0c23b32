import { type Spread, spreadOf } from '../../support/statistics';
import type { CellOutcome } from '../runs/run-cells';
import { MixResults } from '../statistics/mix-results';
import { markdownTable, percent, percentSpread } from './markdown';

/** One Markdown table per mix: each arm, and its ratios to the base. */
export function ratioTable(outcomes: readonly CellOutcome[], base: string, arms: readonly string[]): string {
  const mixes = [...new Set(outcomes.map(({ mix }) => mix))];
  return mixes.map((mix) => mixTable(new MixResults(outcomes, mix, base), base, arms)).join('\n\n');
}

const head = [
  'rule',
  'time to target, s',
  'time',
  'payload',
  'memory',
  'accuracy',
  'stragglers',
  'worst tenth',
  'age',
];

function mixTable(results: MixResults, base: string, arms: readonly string[]): string {
  const rows = arms
    .filter((arm) => results.of(arm).length > 0)
    .map((arm) => {
      const { time, payload, memory } = results.compare(arm, base);
      const seconds = [...results.seconds(arm).values()];
      const runs = results.of(arm);
      const reached = seconds.length === runs.length ? '' : ` (${seconds.length} of ${runs.length})`;
      const age = spreadOf(runs.map(({ result }) => result.summary.ages.mean)).mean;
      return [
        arm,
        seconds.length > 0 ? `${spreadOf(seconds).mean.toFixed(1)}${reached}` : 'not reached',
        ratio(time),
        ratio(payload),
        memory.toFixed(2),
        share(results.finals(arm)),
        share(results.stragglers(arm)),
        share(results.worstTenth(arm)),
        age.toFixed(1),
      ];
    });
  return [`**${results.mix}** (target ${percent(results.target)})`, '', markdownTable(head, rows)].join('\n');
}

/** A ratio with its deviation as a factor. */
function ratio(spread: Spread | undefined): string {
  if (!spread) return '-';
  const deviation = spread.runs > 1 ? ` ± ${(spread.mean * spread.deviation).toFixed(2)}` : '';
  return `${spread.mean.toFixed(2)}${deviation}`;
}

function share(values: ReadonlyMap<number, number>): string {
  if (values.size === 0) return '-';
  return percentSpread(spreadOf([...values.values()]));
}
