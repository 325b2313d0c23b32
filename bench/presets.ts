import { parseArgs } from 'node:util';
import { createEngine, type EvaluateResult, type Samples } from '../gateway/engine';
import {
  densePlan,
  initialParameters,
  type LayerSpec,
  type ModelSpec,
  parameterLayout,
  planSegments,
  resolveModel,
  type Shape,
  scatterAdd,
  sizeOf,
} from '../gateway/model';
import { SeededRandom } from '../gateway/platform';
import { type Optimiser, type PresetName, type PresetSize, presetLayers, presetSizes } from '../gateway/task';
import { hasData, memoryData } from './support/memory/memory-data';
import { mirrored, pictureData } from './support/picture-data';
import { textTable } from './support/text-table';

/** `npm run bench:presets`: what every preset learns. */
const usage = `Trains every preset on recorded data, all people together, and judges it by people it never saw.

  npm run bench:presets -- [--json] [--quick] [--size S|M|L] [--only cnn1d,mobilenet-tiny] [--epochs N] [--rate R] [--judge test|kept-aside]

  --json    one JSON line: {"rows", "skipped"}
  --only    presets, and "conv2d" for convolutions over hand-written digits
  --quick   two epochs of a quarter of the pictures: that it runs, not what it learns
  --epochs, --rate  instead of the settings chosen for each
  --judge   people or pictures that are judged by: the test half (default), or a part of the training half that is then
            not trained on, for choosing settings

SGD with momentum 0.9 at batch 32; the rate falls to zero along half a cosine. Scores: the share of windows that are
right; for MIT-BIH the mean over classes (people of the test half are in nothing else); for the autoencoder the share of
the variance that it rebuilds. The data is looked for in FTTE_DATA, or ../shared/data.
`;

type Judge = 'test' | 'kept-aside';

interface Case {
  readonly name: PresetName | 'conv2d';
  readonly data: 'hapt' | 'mitbih' | 'cifar10-12k' | 'mnist-12k';
  readonly score: 'accuracy' | 'balanced accuracy' | 'variance rebuilt';
  readonly epochs: number;
  readonly learningRate: number;
}

/** Rates for pictures, heartbeats and the autoencoder were chosen with --judge kept-aside; the others are first guesses. */
const cases: readonly Case[] = [
  { name: 'mlp', data: 'hapt', score: 'accuracy', epochs: 10, learningRate: 0.01 },
  { name: 'cnn1d', data: 'hapt', score: 'accuracy', epochs: 10, learningRate: 0.03 },
  { name: 'ds-cnn1d', data: 'hapt', score: 'accuracy', epochs: 10, learningRate: 0.03 },
  { name: 'ds-cnn1d', data: 'mitbih', score: 'balanced accuracy', epochs: 10, learningRate: 0.03 },
  { name: 'gru', data: 'hapt', score: 'accuracy', epochs: 10, learningRate: 0.05 },
  { name: 'autoencoder1d', data: 'hapt', score: 'variance rebuilt', epochs: 10, learningRate: 0.02 },
  { name: 'mobilenet-tiny', data: 'cifar10-12k', score: 'accuracy', epochs: 12, learningRate: 0.02 },
  { name: 'conv2d', data: 'mnist-12k', score: 'accuracy', epochs: 4, learningRate: 0.03 },
];

export interface PresetRow {
  readonly model: string;
  readonly data: string;
  readonly score: Case['score'];
  readonly value: number;
  /** What the same score would be for whoever always says the commonest class, or the mean. */
  readonly chance: number;
  readonly parameters: number;
  readonly epochs: number;
  readonly trainedOn: number;
  readonly judgedBy: number;
  readonly seconds: number;
}

interface Options {
  readonly quick: boolean;
  readonly size: PresetSize;
  readonly judge: Judge;
  readonly epochs: number | undefined;
  readonly learningRate: number | undefined;
}

/** What is trained on, one set an epoch in turn, and what is judged by. */
interface Data {
  readonly input: Shape;
  readonly classes: number;
  readonly training: readonly Samples[];
  readonly judged: Samples;
}

const batchSize = 32;
/** Examples at a time: what fits a processor's cache is faster. */
const microBatch = 8;
const optimiser: Optimiser = { kind: 'sgd', momentum: 0.9 };
const engine = createEngine();
const say = (text: string) => process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      size: { type: 'string', default: 'S' },
      only: { type: 'string' },
      epochs: { type: 'string' },
      rate: { type: 'string' },
      judge: { type: 'string', default: 'test' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const size = presetSizes.find((each) => each === values.size);
  if (!size) throw new Error(`--size wants ${presetSizes.join(', ')}, got ${values.size}`);
  const options: Options = {
    quick: values.quick,
    size,
    judge: values.judge === 'kept-aside' ? 'kept-aside' : 'test',
    epochs: values.epochs === undefined ? undefined : Number(values.epochs),
    learningRate: values.rate === undefined ? undefined : Number(values.rate),
  };
  const rows: PresetRow[] = [];
  const skipped: Record<string, string> = {};
  for (const each of cases) {
    if (values.only && !values.only.split(',').includes(each.name)) continue;
    if (!hasData(each.data)) {
      skipped[each.data] = 'no recordings: set FTTE_DATA';
      continue;
    }
    rows.push(train(each, await dataOf(each, options), options));
  }
  if (values.json) console.log(JSON.stringify({ rows, skipped }));
  else print(rows, skipped);
}

async function dataOf({ data }: Case, { quick, judge, size }: Options): Promise<Data> {
  if (data === 'hapt' || data === 'mitbih') {
    const beats = data === 'mitbih';
    const found = await memoryData({
      name: data,
      // Only the windows and labels are of use: the model is made below.
      model: { preset: 'cnn1d', size },
      judgedBy: judge,
      ofEachLabel: beats ? { training: 1000, judged: 1500 } : { training: 250, judged: 1000 },
      // Eight beats to learn from, seven to judge by.
      without: beats ? ['Q'] : [],
      random: new SeededRandom(1),
    });
    const { length, channels } = found.task.input;
    const input = [length, channels.length];
    const { training, judged, task } = found;
    return { input, classes: task.labels.length, training: [training], judged };
  }
  const pictures = pictureData(data, judge, quick ? 0.25 : 1);
  const { height, width, channels, training, judged, labels } = pictures;
  // A digit is another thing left for right.
  const sets = data === 'cifar10-12k' ? [training, mirrored(pictures)] : [training];
  return { input: [height * width, channels], classes: labels.length, training: sets, judged };
}

function modelOf({ name }: Case, { input, classes }: Data, size: PresetSize): ModelSpec {
  if (name === 'conv2d') return resolveModel(input, digits(input, classes), classes, 'softmax-cross-entropy');
  if (name === 'autoencoder1d') {
    const outputs = sizeOf(input);
    const layers = presetLayers(name, size, outputs, input);
    return resolveModel(input, layers, outputs, 'mean-squared-error', { kind: 'input' });
  }
  return resolveModel(input, presetLayers(name, size, classes, input), classes, 'softmax-cross-entropy');
}

/** Two convolutions and a dense layer over a square picture: a layer list as a user would write it. */
function digits([pixels = 0, channels = 0]: Shape, classes: number): LayerSpec[] {
  const side = Math.round(Math.sqrt(pixels));
  const conv = (filters: number): LayerSpec => ({ type: 'conv2d', filters, kernel: 3, padding: 'same' });
  const [relu, pool]: LayerSpec[] = [{ type: 'relu' }, { type: 'maxpool2d', size: 2 }];
  return [
    { type: 'reshape', shape: [side, side, channels] },
    ...[conv(8), relu!, pool!, conv(16), relu!, pool!],
    { type: 'flatten' },
    { type: 'dense', units: classes },
  ];
}

function train(each: Case, data: Data, options: Options): PresetRow {
  const model = modelOf(each, data, options.size);
  const layout = parameterLayout(model);
  const plan = densePlan(layout, microBatch);
  const segments = planSegments(layout, plan);
  const program = engine.compile({ model, plan, optimiser, batchSize });
  const parameters = initialParameters(model, 1);
  const epochs = options.epochs ?? (options.quick ? 2 : each.epochs);
  const highest = options.learningRate ?? each.learningRate;
  const unlabelled = model.target.kind !== 'class';
  const start = performance.now();
  for (let epoch = 0; epoch < epochs; epoch++) {
    program.loadParameters(parameters);
    const learningRate = highest * (0.01 + 0.99 * 0.5 * (1 + Math.cos((Math.PI * epoch) / epochs)));
    const labelled = data.training[epoch % data.training.length]!; // there is at least one
    const samples = unlabelled ? withoutLabels(labelled) : labelled;
    const { delta, lossAfter } = program.train(samples, { epochs: 1, learningRate, seed: epoch });
    scatterAdd(parameters, segments, delta);
    say(`${each.name} on ${each.data}, epoch ${epoch + 1} of ${epochs}: loss ${lossAfter.toFixed(4)}`);
  }
  const seconds = (performance.now() - start) / 1000;
  program.loadParameters(parameters);
  const { value, chance } = scoreOf(
    each,
    program.evaluate(unlabelled ? withoutLabels(data.judged) : data.judged),
    data.judged,
  );
  say(`${each.name} on ${each.data}: ${each.score} ${value.toFixed(4)}`);
  return {
    model: each.name === 'conv2d' ? 'conv2d' : `${each.name}-${options.size}`,
    data: each.data,
    score: each.score,
    value,
    chance,
    parameters: layout.size,
    epochs,
    trainedOn: data.training[0]?.count ?? 0,
    judgedBy: data.judged.count,
    seconds,
  };
}

const withoutLabels = (samples: Samples): Samples => ({ ...samples, y: new Uint16Array(0) });

function scoreOf(
  { score }: Case,
  result: EvaluateResult,
  judged: Samples,
): { value: number; chance: number } {
  if (score === 'variance rebuilt') {
    const squares = judged.x.reduce((sum, value) => sum + value * value, 0) / judged.x.length;
    return { value: 1 - (result.errors?.meanSquared ?? Number.NaN) / squares, chance: 0 };
  }
  const classes = Math.round(Math.sqrt(result.confusion.length));
  const counts = new Array<number>(classes).fill(0);
  const right = counts.map((_, c) => result.confusion[c * classes + c]!);
  result.confusion.forEach((count, i) => {
    counts[Math.floor(i / classes)]! += count;
  });
  const present = counts.flatMap((count, c) => (count > 0 ? [c] : []));
  if (score === 'accuracy') {
    const value = right.reduce((sum, count) => sum + count, 0) / result.count;
    return { value, chance: Math.max(...counts) / result.count };
  }
  const value = present.reduce((sum, c) => sum + right[c]! / counts[c]!, 0) / present.length;
  return { value, chance: 1 / present.length };
}

function print(rows: readonly PresetRow[], skipped: Record<string, string>): void {
  const table = rows.map((row) => [
    row.model,
    row.data,
    row.score,
    row.value.toFixed(3),
    row.chance.toFixed(3),
    String(row.parameters),
    String(row.epochs),
    row.seconds.toFixed(0),
  ]);
  const titles = ['model', 'data', 'score', 'value', 'chance', 'parameters', 'epochs', 'seconds'];
  console.log(textTable(titles, table, 3));
  for (const [what, why] of Object.entries(skipped)) console.log(`\nleft out: ${what} (${why})`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
