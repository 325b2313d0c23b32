import { type LayerOf, planFeatures } from '../../../../gateway/model';
import { A, B, D, type KernelCase } from './kernel-case';
import { type LayerCase, mean, type Values } from './layer-case';

type Features = LayerOf<'features'>;

export const features = {
  features: {
    shapes: [
      ['all features of a window', [7, 3], {}, [3 * (1 + 1 + 7 + 1 + 1 + 1 + 1 + 3 + 3) + 3]],
      ['a few statistics', [32, 3], { statistics: ['mean', 'energy'] }, [6]],
      [
        'autocorrelations within the window alone',
        [8, 1],
        { statistics: ['autocorrelation'], lags: [2, 7, 8] },
        [2],
      ],
      ['no more bands than there are octaves', [9, 1], { statistics: ['bands'], bands: 16 }, [4]],
      ['magnitudes', [16, 6], { statistics: ['deviation'], magnitudes: [0, 3] }, [8]],
      ['side inputs as they are', [16, 4], { statistics: ['mean', 'correlation'], side: 2 }, [2 + 1 + 2]],
    ],
    reference: (spec, _, { second, secondShape }) => definition(spec, second!, secondShape!),
    tensorFlow(tf, spec, _, { second }) {
      const windows = second!;
      const [count = 0, length = 0, channels = 0] = windows.shape;
      const values = Float64Array.from(windows.dataSync());
      const size = length * channels;
      const rows = Array.from({ length: count }, (_, i) => [
        ...definition(spec, values.subarray(i * size, (i + 1) * size), [length, channels]),
      ]);
      return tf.tensor2d(rows);
    },
    // It takes the model's input alone; later in a model it begins a branch, which random models do not draw.
    draw: ({ isInput, shape, pick }) =>
      isInput && shape[0]! >= 4
        ? {
            from: 'input',
            bands: pick([1, 3]),
            statistics: pick([
              ['mean', 'energy'],
              ['quantiles', 'bands'],
              ['correlation', 'crossings', 'mean'],
            ]),
          }
        : undefined,
  } satisfies LayerCase<Features>,
};

/** The features of a window as docs/features.md writes them: a transform by its sum, a sort by the language. */
function definition(spec: Features, x: Values, from: readonly number[]): Values {
  const { length, channels, signals, has, magnitudes, lags, bands, padded } = planFeatures(spec, from);
  const column = (c: number) => Array.from({ length }, (_, i) => x[i * channels + c]!);
  const columns = Array.from({ length: signals }, (_, c) => column(c));
  const sizes = magnitudes.map((m) =>
    column(m).map((v, i) => Math.hypot(v, columns[m + 1]![i]!, columns[m + 2]![i]!)),
  );
  const centre = (s: readonly number[]) => s.map((v) => v - mean(s));
  const variance = (s: readonly number[]) => mean(centre(s).map((v) => v * v));
  const at = (s: readonly number[], percent: number) => {
    const sorted = [...s].sort((a, b) => a - b);
    const place = ((length - 1) * percent) / 100;
    const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
    return low + (high - low) * (place % 1);
  };
  const answer: number[] = [];
  const add = (name: Parameters<typeof has>[0], values: () => readonly number[]) => {
    if (has(name)) answer.push(...values());
  };
  for (const s of [...columns, ...sizes]) {
    const c = centre(s);
    const steps = s.slice(1);
    add('mean', () => [mean(s)]);
    add('deviation', () => [Math.sqrt(variance(s))]);
    add('quantiles', () => [0, 10, 25, 50, 75, 90, 100].map((percent) => at(s, percent)));
    add('range', () => [Math.max(...s) - Math.min(...s)]);
    add('energy', () => [mean(s.map((v) => v * v))]);
    add('crossings', () => [mean(steps.map((_, i) => Number(c[i]! >= 0 !== c[i + 1]! >= 0)))]);
    add('difference', () => [mean(steps.map((v, i) => Math.abs(v - s[i]!)))]);
    add('autocorrelation', () =>
      lags.map((lag) => {
        const products = c.slice(lag).map((v, i) => v * c[i]!);
        return products.reduce((sum, v) => sum + v, 0) / length / (variance(s) + 1e-4);
      }),
    );
    add('bands', () => octaves(c, padded, bands));
  }
  add('correlation', () =>
    columns.flatMap((a, i) =>
      columns.slice(i + 1).map((b) => {
        const [p, q] = [centre(a), centre(b)];
        return mean(p.map((v, k) => v * q[k]!)) / (Math.sqrt(variance(a) * variance(b)) + 1e-4);
      }),
    ),
  );
  for (let c = signals; c < channels; c++) answer.push(column(c).at(-1)!);
  return Float64Array.from(answer);
}

function octaves(centred: readonly number[], padded: number, bands: number): number[] {
  const half = padded / 2;
  const power = Array.from({ length: half + 1 }, (_, k) => {
    let [re, im] = [0, 0];
    centred.forEach((value, i) => {
      re += value * Math.cos((2 * Math.PI * k * i) / padded);
      im += value * Math.sin((2 * Math.PI * k * i) / padded);
    });
    return ((re * re + im * im) * (k === half ? 1 : 2)) / (centred.length * padded);
  });
  return Array.from({ length: bands }, (_, band) => {
    const [low, high] = [band === 0 ? 0 : half / 2 ** (bands - band), half / 2 ** (bands - 1 - band)];
    return power
      .slice(1)
      .filter((_, k) => k + 1 > low && k + 1 <= high)
      .reduce((sum, v) => sum + v, 0);
  });
}

/** Kernels of features, over windows whose length is a power of two and over others. */
export const featureKernels: readonly KernelCase[] = [
  [64, 4, 4],
  [37, 5, 3],
  [4, 1, 1],
].map(([length = 0, channels = 0, signals = 0]): KernelCase => {
  const padded = 2 ** Math.ceil(Math.log2(length));
  const triples = signals >= 3 ? [0] : [];
  const table = [
    length,
    channels,
    signals,
    1023,
    padded,
    Math.min(6, Math.log2(padded)),
    2,
    triples.length,
    1,
    3,
    ...triples,
  ];
  const example = length * channels + 1;
  return {
    title: `windowFeatures of [${length}, ${channels}]`,
    call: (k) => void k.windowFeatures(A, example, B, 600, D, D - 400, 2),
    ints: [{ at: D - 400, values: table }],
    scratch: { at: D, bytes: 4 * (length + 2 * padded + 2 * channels + 2) },
  };
});
