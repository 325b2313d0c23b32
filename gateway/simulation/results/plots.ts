import { readFile } from 'node:fs/promises';
import type { Spec } from 'vega';
import { FtteError, messageOf } from '../../platform';
import { bytes, duration } from './report';
import type { RunSummary, VersionRecord } from './results';

/** Packages that plots need and nothing else does: optional peers. */
export const plotPackages = ['vega', '@resvg/resvg-wasm', 'dejavu-fonts-ttf'] as const;

/** A drawn picture, in two forms. */
export interface Plot {
  /** File name without extension. */
  readonly name: string;
  readonly svg: string;
  readonly png: Uint8Array;
}

const font = 'DejaVu Sans';

/**
 * Draws accuracy over virtual time and over bytes, and how old contributions were.
 * @throws FtteError `config-invalid` naming the packages to install where they are missing
 */
export async function drawPlots(
  title: string,
  versions: readonly VersionRecord[],
  runs: readonly RunSummary[],
): Promise<Plot[]> {
  const judged = versions.filter(({ meanAccuracy }) => meanAccuracy !== undefined);
  const lines = (name: string, what: string, of: (record: VersionRecord) => number, unit: Unit) =>
    lineSpec(
      `${title}: ${what}`,
      unit.title,
      judged.map((record) => ({
        x: of(record) / unit.size,
        y: record.meanAccuracy ?? 0,
        line: `seed ${record.seed}`,
      })),
      name,
    );
  const timeOf = (record: VersionRecord) => record.timeMs;
  const bytesOf = (record: VersionRecord) => record.bytesUp + record.bytesDown;
  const most = (of: (record: VersionRecord) => number) => Math.max(1, ...judged.map(of));
  const specs = [
    lines('accuracy-over-time', 'accuracy over virtual time', timeOf, timeUnit(most(timeOf))),
    lines('accuracy-over-bytes', 'accuracy over bytes', bytesOf, byteUnit(most(bytesOf))),
    histogramSpec(`${title}: age of contributions`, runs),
  ];
  return Promise.all(
    specs.map(async ({ name, spec }) => {
      const svg = await toSvg(spec);
      return { name, svg, png: await toPng(svg) };
    }),
  );
}

/** Accuracy, 0 to 1, over virtual time. */
export interface AccuracyLine {
  readonly label: string;
  readonly points: readonly { readonly seconds: number; readonly accuracy: number }[];
}

/**
 * Draws lines of accuracy over virtual time into one picture: rules beside each other, say.
 * @throws FtteError `config-invalid` naming the packages to install where they are missing
 */
export async function drawLines(name: string, title: string, lines: readonly AccuracyLine[]): Promise<Plot> {
  const points = lines.flatMap(({ label, points }) =>
    points.map(({ seconds, accuracy }) => ({ x: seconds, y: accuracy, line: label })),
  );
  const svg = await toSvg(lineSpec(title, 'virtual time, s', points, name).spec);
  return { name, svg, png: await toPng(svg) };
}

interface Unit {
  readonly title: string;
  readonly size: number;
}

function timeUnit(most: number): Unit {
  const [, unit = 'ms'] = duration(most).split(' ');
  const size = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1000 }[unit] ?? 1;
  return { title: `virtual time, ${unit}`, size };
}

function byteUnit(most: number): Unit {
  const [, unit = 'B'] = bytes(most).split(' ');
  const size = { GB: 1e9, MB: 1e6, kB: 1e3 }[unit] ?? 1;
  return { title: `bytes up and down of all clients, ${unit}`, size };
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

function lineSpec(
  title: string,
  xTitle: string,
  values: object[],
  name: string,
): { name: string; spec: Spec } {
  return {
    name,
    spec: {
      ...frame,
      title,
      data: [{ name: 'points', values }],
      scales: [
        { name: 'x', type: 'linear', domain: { data: 'points', field: 'x' }, range: 'width', zero: true },
        { name: 'y', type: 'linear', domain: [0, 1], range: 'height' },
        { name: 'colour', type: 'ordinal', domain: { data: 'points', field: 'line' }, range: 'category' },
      ],
      axes: [
        { orient: 'bottom', scale: 'x', title: xTitle, grid: true },
        { orient: 'left', scale: 'y', title: 'accuracy', grid: true, format: '.0%' },
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
    },
  };
}

function histogramSpec(title: string, runs: readonly RunSummary[]): { name: string; spec: Spec } {
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
    name: 'ages',
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
    },
  };
}

async function toSvg(spec: Spec): Promise<string> {
  const vega = await import('vega').catch(missing);
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The renderer is started once a process, with the one font that plots use. */
let renderer: Promise<(svg: string) => Uint8Array> | undefined;

async function toPng(svg: string): Promise<Uint8Array> {
  renderer ??= startRenderer();
  return (await renderer)(svg);
}

async function startRenderer(): Promise<(svg: string) => Uint8Array> {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm').catch(missing);
  const read = async (file: string) => readFile(require.resolve(file));
  await initWasm(await read('@resvg/resvg-wasm/index_bg.wasm').catch(missing));
  const fontFile = await read('dejavu-fonts-ttf/ttf/DejaVuSans.ttf').catch(missing);
  const options = {
    font: { fontBuffers: [fontFile], defaultFontFamily: font, sansSerifFamily: font },
    fitTo: { mode: 'zoom', value: 2 },
  } as const;
  return (svg) => new Resvg(svg, options).render().asPng();
}

function missing(error: unknown): never {
  throw new FtteError(
    'config-invalid',
    `plots need packages that are not installed: npm install ${plotPackages.join(' ')} (${messageOf(error).split('\n')[0]})`,
    {},
    { cause: error },
  );
}
