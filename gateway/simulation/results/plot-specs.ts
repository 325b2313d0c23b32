import type { Spec } from 'vega';
import type { RunSummary } from './results';

/** A Vega specification of a plot, and the name of its files. */
export interface NamedSpec {
  readonly name: string;
  /** A plain object here, so that a consumer compiles without the types of Vega, an optional package. */
  readonly spec: object;
}

/** Font of all plots: drawing loads this one only. */
export const font = 'DejaVu Sans';

/** A plot of shares, one line per value of `line` in the points. @param yTitle what the shares are */
export function lineSpec(
  name: string,
  title: string,
  xTitle: string,
  values: { readonly x: number; readonly y: number; readonly line: string }[],
  yTitle = 'accuracy',
): NamedSpec {
  // A skill may be below 0, an error above 1.
  const domain = [Math.min(0, ...values.map(({ y }) => y)), Math.max(1, ...values.map(({ y }) => y))];
  return {
    name,
    spec: {
      ...frame,
      title,
      data: [{ name: 'points', values }],
      scales: [
        { name: 'x', type: 'linear', domain: { data: 'points', field: 'x' }, range: 'width', zero: true },
        { name: 'y', type: 'linear', domain, range: 'height' },
        { name: 'colour', type: 'ordinal', domain: { data: 'points', field: 'line' }, range: 'category' },
      ],
      axes: [
        { orient: 'bottom', scale: 'x', title: xTitle, grid: true },
        { orient: 'left', scale: 'y', title: yTitle, grid: true, format: '.0%' },
      ],
      legends: [{ stroke: 'colour', symbolType: 'stroke' }],
      marks: [
        {
          type: 'group',
          from: { facet: { name: 'run', data: 'points', groupby: 'line' } },
          marks: [
            {
              type: 'line',
              from: { data: 'run' },
              encode: {
                enter: {
                  x: { scale: 'x', field: 'x' },
                  y: { scale: 'y', field: 'y' },
                  stroke: { scale: 'colour', field: 'line' },
                  strokeWidth: { value: 2 },
                },
              },
            },
          ],
        },
      ],
    } satisfies Spec,
  };
}

/** A histogram of the ages of the contributions of all runs. */
export function histogramSpec(name: string, title: string, runs: readonly RunSummary[]): NamedSpec {
  const counts: number[] = [];
  for (const { ages } of runs) {
    ages.histogram.forEach((count, age) => {
      counts[age] = (counts[age] ?? 0) + count;
    });
  }
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  const values = Array.from(counts, (count, age) => ({ age, share: count / total }));
  return {
    name,
    spec: {
      ...frame,
      title,
      data: [{ name: 'ages', values }],
      scales: [
        { name: 'x', type: 'band', domain: { data: 'ages', field: 'age' }, range: 'width', padding: 0.1 },
        { name: 'y', type: 'linear', domain: { data: 'ages', field: 'share' }, range: 'height', zero: true },
      ],
      axes: [
        { orient: 'bottom', scale: 'x', title: 'age, versions', labelOverlap: true },
        { orient: 'left', scale: 'y', title: 'share of contributions', grid: true, format: '.0%' },
      ],
      marks: [
        {
          type: 'rect',
          from: { data: 'ages' },
          encode: {
            enter: {
              x: { scale: 'x', field: 'age' },
              width: { scale: 'x', band: 1 },
              y: { scale: 'y', field: 'share' },
              y2: { scale: 'y', value: 0 },
              fill: { value: '#4c78a8' },
            },
          },
        },
      ],
    } satisfies Spec,
  };
}

const frame = {
  $schema: 'https://vega.github.io/schema/vega/v6.json',
  background: 'white',
  padding: 8,
  width: 640,
  height: 360,
  config: {
    title: { font, fontSize: 14 },
    axis: { labelFont: font, titleFont: font },
    legend: { labelFont: font, titleFont: font, labelLimit: 260 },
  },
} as const;
