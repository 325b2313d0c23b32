import type { Spread } from '../../support/statistics';

/** A Markdown table: the first `textColumns` columns are aligned to the left, the others to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = 1,
): string {
  const rule = head.map((_, column) => (column < textColumns ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A share, 0 to 1, as a percentage. */
export const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

/** A mean share with its deviation in points, if there are several runs. */
export const percentSpread = ({ mean, deviation, runs }: Spread) =>
  runs > 1 ? `${percent(mean)} ± ${(100 * deviation).toFixed(1)}` : percent(mean);
