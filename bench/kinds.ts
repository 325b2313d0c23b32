import { parseArgs } from 'node:util';
import { createEngine, type Samples } from '../gateway/engine';
import {
  densePlan,
  initialParameters,
  type ModelSpec,
  parameterLayout,
  planSegments,
  resolveModel,
  scatterAdd,
} from '../gateway/model';
import { SeededRandom, shuffle } from '../gateway/platform';
import { channelMoments, type DataSet, loadData } from '../gateway/simulation';
import { type Optimiser, presetLayers } from '../gateway/task';
import { dataFolder, hasData } from './support/memory/memory-data';
import { areaUnderCurve, mean } from './support/statistics';
import { textTable } from './support/text-table';

/** `npm run bench:kinds`: what the kinds of task beyond labels of many classes learn. */
const usage = `Trains one preset for each kind of task on recorded data and judges it by people it never saw.

  npm run bench:kinds -- [--json] [--only stress,anomaly,forecast] [--epochs N] [--rate R] [--judge test|kept-aside]

  stress    gru-S, binary cross-entropy, on stress-predict (each person scaled by their own session): the mean over
            people of the area under the ROC curve
  anomaly   autoencoder1d-S on the normal beats of mitbih (each beat scaled by itself): the area under the ROC curve of
            the error, other beats against normal ones
  forecast  mlp-S and gru-S on hapt: 96 readings to the 32 that follow, all channels; the share of the variance that
            the forecast explains, beside that of repeating the last reading
  --judge   the people that are judged by: the test half (default), or a quarter of the others that is then not
            trained on, for choosing settings

SGD with momentum 0.9 at batch 32; the rate falls to zero along half a cosine. The data is looked for in FTTE_DATA, or
../shared/data.
`;

type Judge = 'test' | 'kept-aside';

interface Prepared {
  readonly name: string;
  readonly model: ModelSpec;
  readonly training: Samples;
  readonly epochs: number;
  readonly learningRate: number;
  /** Scores by what the model gives for inputs. */
  readonly judge: (
    predict: (x: Float32Array, count: number) => Float32Array,
  ) => Omit<Score, 'task' | 'seconds'>;
}

interface Score {
  readonly task: string;
  readonly score: string;
  readonly value: number;
  /** The same score of whoever has learnt nothing. */
  readonly without: number;
  readonly judgedBy: number;
  readonly seconds: number;
}

const optimiser: Optimiser = { kind: 'sgd', momentum: 0.9 };
const say = (text: string) => process.stderr.write(`${text}\n`);

/** Windows of people to train on and of others to judge by. */
function halves(data: DataSet, judge: Judge): { training: number[]; judged: number[] } {
  const person = (i: number) => data.person?.[i] ?? 0;
  const of = (split: number) => data.windows.flatMap((_, i) => (data.split[i] === split ? [i] : []));
  const tested = new Set(of(1).map(person));
  // Whoever is in both halves is not trained on.
  const training = of(0).filter((i) => !tested.has(person(i)));
  if (judge === 'test') return { training, judged: of(1) };
  const people = shuffle([...new Set(training.map(person))], new SeededRandom(1));
  const aside = new Set(people.slice(0, Math.ceil(people.length / 4)));
  return {
    training: training.filter((i) => !aside.has(person(i))),
    judged: training.filter((i) => aside.has(person(i))),
  };
}

/** At most so many of the windows, the same ones each time. */
const some = (windows: readonly number[], most: number): number[] =>
  shuffle([...windows], new SeededRandom(2)).slice(0, most);

type Moments = readonly { readonly centre: number; readonly spread: number }[];

function samplesOf(
  data: DataSet,
  windows: readonly number[],
  momentsOf: (i: number) => Moments,
  y: Uint16Array,
): Samples {
  const size = data.windows[0]?.length ?? 0;
  const x = new Float32Array(windows.length * size);
  windows.forEach((index, i) => {
    const moments = momentsOf(index);
    data.windows[index]!.forEach((value, j) => {
      const { centre, spread } = moments[j % moments.length]!;
      x[i * size + j] = (value - centre) / spread;
    });
  });
  return { count: windows.length, x, y };
}

const labelsOf = (data: DataSet, windows: readonly number[]) => Uint16Array.from(windows, (i) => data.y[i]!);
const noLabels = new Uint16Array(0);

async function stress(judge: Judge): Promise<Prepared> {
  const data = await loadData({ folder: dataFolder('stress-predict') });
  const person = (i: number) => data.person?.[i] ?? 0;
  const own = new Map<number, Moments>();
  for (const each of new Set(data.person)) {
    const session = data.windows.flatMap((_, i) => (person(i) === each ? [i] : []));
    own.set(each, channelMoments(data, session));
  }
  const momentsOf = (i: number) => own.get(person(i))!;
  const { training, judged } = halves(data, judge);
  const input = [data.input.length, data.input.channels.length];
  const { x } = samplesOf(data, judged, momentsOf, noLabels);
  return {
    name: 'stress: gru-S, stress-predict',
    model: resolveModel(input, presetLayers('gru', 'S', 1, input), 1, 'binary-cross-entropy'),
    training: samplesOf(data, training, momentsOf, labelsOf(data, training)),
    epochs: 10,
    learningRate: 0.02,
    judge(predict) {
      const given = predict(x, judged.length);
      const people = [...new Set(judged.map(person))];
      const areas = people.map((each) => {
        const of = judged.flatMap((index, i) => (person(index) === each ? [i] : []));
        return areaUnderCurve(
          of.map((i) => given[i]!),
          of.map((i) => data.y[judged[i]!] === 1),
        );
      });
      return { score: 'AUC', value: mean(areas), without: 0.5, judgedBy: judged.length };
    },
  };
}

async function anomaly(judge: Judge): Promise<Prepared> {
  const data = await loadData({ folder: dataFolder('mitbih') });
  const own = (i: number) => channelMoments(data, [i]);
  const normal = (i: number) => data.labels[data.y[i]!] === 'N';
  const { training, judged } = halves(data, judge);
  const ordinary = some(training.filter(normal), 8000);
  const beats = [
    ...some(judged.filter(normal), 6000),
    ...some(
      judged.filter((i) => !normal(i)),
      3000,
    ),
  ];
  const input = [data.input.length, data.input.channels.length];
  const size = input[0]! * input[1]!;
  const layers = presetLayers('autoencoder1d', 'S', size, input);
  const { x } = samplesOf(data, beats, own, noLabels);
  return {
    name: 'anomaly: autoencoder1d-S, mitbih',
    model: resolveModel(input, layers, size, 'mean-squared-error', { kind: 'input' }),
    training: samplesOf(data, ordinary, own, noLabels),
    epochs: 10,
    learningRate: 0.01,
    judge(predict) {
      const given = predict(x, beats.length);
      const errors = beats.map((_, i) => {
        let sum = 0;
        for (let j = i * size; j < (i + 1) * size; j++) sum += (given[j]! - x[j]!) ** 2;
        return sum;
      });
      const value = areaUnderCurve(
        errors,
        beats.map((i) => !normal(i)),
      );
      return { score: 'AUC', value, without: 0.5, judgedBy: beats.length };
    },
  };
}

async function forecast(preset: 'mlp' | 'gru', judge: Judge): Promise<Prepared> {
  const data = await loadData({ folder: dataFolder('hapt') });
  const { training, judged } = halves(data, judge);
  const moments = channelMoments(data, training);
  const [length, horizon, channels] = [96, data.input.length - 96, data.input.channels.length];
  const input = [length, channels];
  const outputs = horizon * channels;
  const sample = data.input.length * channels;
  const { x } = samplesOf(data, judged, () => moments, noLabels);
  const inputs = new Float32Array(judged.length * length * channels);
  judged.forEach((_, i) => {
    inputs.set(x.subarray(i * sample, i * sample + length * channels), i * length * channels);
  });
  const target = { kind: 'following', rows: horizon, channels: moments.map((_, c) => c) } as const;
  return {
    name: `forecast: ${preset}-S, hapt`,
    model: resolveModel(
      input,
      presetLayers(preset, 'S', outputs, input),
      outputs,
      'mean-squared-error',
      target,
    ),
    training: samplesOf(data, training, () => moments, noLabels),
    epochs: 8,
    learningRate: preset === 'gru' ? 0.05 : 0.02,
    judge(predict) {
      const given = predict(inputs, judged.length);
      let [squares, errors, repeated] = [0, 0, 0];
      for (let i = 0; i < judged.length; i++) {
        for (let j = 0; j < outputs; j++) {
          const wanted = x[i * sample + length * channels + j]!;
          const last = x[i * sample + (length - 1) * channels + (j % channels)]!;
          squares += wanted ** 2;
          errors += (given[i * outputs + j]! - wanted) ** 2;
          repeated += (last - wanted) ** 2;
        }
      }
      const judgedBy = judged.length;
      return {
        score: 'variance explained',
        value: 1 - errors / squares,
        without: 1 - repeated / squares,
        judgedBy,
      };
    },
  };
}

const kinds: readonly [kind: string, folder: string, prepare: (judge: Judge) => Promise<Prepared>][] = [
  ['stress', 'stress-predict', stress],
  ['anomaly', 'mitbih', anomaly],
  ['forecast', 'hapt', (judge) => forecast('mlp', judge)],
  ['forecast', 'hapt', (judge) => forecast('gru', judge)],
];

function train(prepared: Prepared, epochs = prepared.epochs, highest = prepared.learningRate): Score {
  const { model, training, name } = prepared;
  const layout = parameterLayout(model);
  const plan = densePlan(layout, 8);
  const segments = planSegments(layout, plan);
  const program = createEngine().compile({ model, plan, optimiser, batchSize: 32 });
  const parameters = initialParameters(model, 1);
  const start = performance.now();
  for (let epoch = 0; epoch < epochs; epoch++) {
    program.loadParameters(parameters.slice());
    const learningRate = highest * (0.01 + 0.99 * 0.5 * (1 + Math.cos((Math.PI * epoch) / epochs)));
    const { delta, lossAfter } = program.train(training, { epochs: 1, learningRate, seed: epoch });
    scatterAdd(parameters, segments, delta);
    say(`${name}, epoch ${epoch + 1} of ${epochs}: loss ${lossAfter.toFixed(4)}`);
  }
  const seconds = (performance.now() - start) / 1000;
  program.loadParameters(parameters);
  const score = prepared.judge((x, count) => program.predict(x, count));
  return { task: name, ...score, seconds };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
      epochs: { type: 'string' },
      rate: { type: 'string' },
      judge: { type: 'string', default: 'test' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const judge: Judge = values.judge === 'kept-aside' ? 'kept-aside' : 'test';
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const rows: Score[] = [];
  const skipped: Record<string, string> = {};
  for (const [kind, folder, prepare] of kinds) {
    if (values.only && !values.only.split(',').includes(kind)) continue;
    if (!hasData(folder)) skipped[folder] = 'no recordings: set FTTE_DATA';
    else rows.push(train(await prepare(judge), number(values.epochs), number(values.rate)));
  }
  if (values.json) return console.log(JSON.stringify({ rows, skipped }));
  const lines = rows.map(({ task, score, value, without, judgedBy, seconds }) => {
    return [task, score, value.toFixed(3), without.toFixed(3), String(judgedBy), seconds.toFixed(0)];
  });
  console.log(textTable(['task', 'score', 'value', 'without', 'judged by', 'seconds'], lines, 2));
  for (const [what, why] of Object.entries(skipped)) console.log(`\nleft out: ${what} (${why})`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
