import { shareVariance, z95 } from '../../../metrics';
import { balanced, sumOf, type Table } from './label-table';

/** 97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom; then the normal one. */
const quantiles = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1,
  2.09, 2.09,
];
/** Fewest gateways whose differences say something. */
const fewestGateways = 3;
/** Gateways that are left out one by one. Of more, groups are. */
const mostGroups = 32;

/**
 * The 95 % interval of a balanced accuracy, 0 to 1. It is the wider one of two: by the number of windows of each label
 * (binomial), and by how much gateways differ (delete-one jackknife, Efron and Stein 1981), because windows of one person
 * are alike.
 * @param tables of the gateways, which add up to `whole`
 * @param share of a window that is new, for windows that overlap
 */
export function confidence(
  value: number,
  whole: Table,
  tables: readonly Table[],
  share: number,
): readonly [number, number] {
  const byWindows = z95 * Math.sqrt(binomial(whole, share));
  const half = Math.max(byWindows, tables.length < fewestGateways ? 0 : jackknife(whole, tables));
  return [Math.max(0, value - half), Math.min(1, value + half)];
}

/** The variance of a mean of recalls. */
function binomial({ counts, right }: Table, share: number): number {
  let variance = 0;
  let labels = 0;
  counts.forEach((count, label) => {
    if (count <= 0) return;
    const windows = Math.max(1, count * share);
    variance += shareVariance((right[label]! / count) * windows, windows);
    labels++;
  });
  return labels === 0 ? 0 : variance / (labels * labels);
}

/** Half of the interval of a value from which one gateway, or group of gateways, is left out at a time. */
function jackknife(whole: Table, tables: readonly Table[]): number {
  const labels = whole.counts.length;
  const groups = Array.from({ length: Math.min(tables.length, mostGroups) }, (_, g) =>
    sumOf(
      tables.filter((_table, i) => i % mostGroups === g),
      labels,
    ),
  );
  const without = groups.map((group) =>
    balanced({
      counts: whole.counts.map((count, l) => Math.max(0, count - group.counts[l]!)),
      right: whole.right.map((count, l) => Math.max(0, count - group.right[l]!)),
    }),
  );
  const mean = without.reduce((total, value) => total + value, 0) / without.length;
  const squares = without.reduce((total, value) => total + (value - mean) ** 2, 0);
  const degrees = groups.length - 1;
  return (quantiles[degrees - 1] ?? z95) * Math.sqrt((degrees / groups.length) * squares);
}
