import { parseArgs } from 'node:util';
import type { EvaluateResult, Samples } from '../gateway/engine';
import { classificationFigures } from '../gateway/metrics';
import { parameterLayout } from '../gateway/model';
import { type PresetSize, presetSizes } from '../gateway/task';
import { modelOf, type PresetCase, presetCases } from './presets/preset-cases';
import { type PresetData, presetData } from './presets/preset-data';
import { trainDense } from './support/dense-training';
import { hasData } from './support/recordings';
import { textTable } from './support/text-table';

/** `npm run bench:presets` trains every preset and judges it. */
const usage = `Trains every preset on recordings, all people together, and judges it by people that it has not seen.

  npm run bench:presets -- [--json] [--quick] [--size S|M|L] [--only cnn1d,mobilenet-tiny] [--epochs N] [--rate R] [--judge test|kept-aside]

  --json    one JSON line: {"rows", "skipped"}
  --only    some of the presets, and "conv2d" for convolutions over hand-written digits
  --quick   two epochs and a quarter of the pictures: shows that it runs, not what it learns
  --epochs, --rate  replace the settings of each preset
  --judge   people or pictures that judge: the test half (default), or a part of the training half, which then does not
            train, to choose settings

SGD with momentum 0.9 at batch 32; the learning rate follows half a cosine down to zero. The score is the accuracy, for
MIT-BIH the balanced accuracy, and for the autoencoder the share of the variance that it rebuilds. The recordings are in
FTTE_DATA (default ../shared/data).
`;

/** A row of the table. */
export interface PresetRow {
  readonly model: string;
  readonly data: string;
  readonly score: PresetCase['score'];
  readonly value: number;
  /** The score of always predicting the commonest class, or the mean. */
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
  readonly judge: 'test' | 'kept-aside';
  readonly epochs: number | undefined;
  readonly learningRate: number | undefined;
}

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
  if (!size) throw new Error(`--size: expected one of ${presetSizes.join(', ')}, got ${values.size}`);
  const options: Options = {
    quick: values.quick,
    size,
    judge: values.judge === 'kept-aside' ? 'kept-aside' : 'test',
    epochs: values.epochs === undefined ? undefined : Number(values.epochs),
    learningRate: values.rate === undefined ? undefined : Number(values.rate),
  };
  const rows: PresetRow[] = [];
  const skipped: Record<string, string> = {};
  for (const each of presetCases) {
    if (values.only && !values.only.split(',').includes(each.name)) continue;
    if (!hasData(each.data)) {
      skipped[each.data] = 'no recordings: set FTTE_DATA';
      continue;
    }
    rows.push(train(each, await presetData(each, options.judge, options.quick ? 0.25 : 1), options));
  }
  if (values.json) console.log(JSON.stringify({ rows, skipped }));
  else print(rows, skipped);
}

function train(each: PresetCase, data: PresetData, options: Options): PresetRow {
  const model = modelOf(each, data.input, data.classes, options.size);
  const samplesOf = model.target.kind === 'class' ? (samples: Samples) => samples : withoutLabels;
  const name = `${each.name} on ${each.data}`;
  const epochs = options.epochs ?? (options.quick ? 2 : each.epochs);
  const { program, seconds } = trainDense(model, {
    name,
    epochs,
    learningRate: options.learningRate ?? each.learningRate,
    samplesOf: (epoch) => samplesOf(data.training[epoch % data.training.length]!), // there is at least one
  });
  const { value, chance } = scoreOf(each, program.evaluate(samplesOf(data.judged)), data);
  process.stderr.write(`${name}: ${each.score} ${value.toFixed(4)}\n`);
  return {
    model: each.name === 'conv2d' ? 'conv2d' : `${each.name}-${options.size}`,
    data: each.data,
    score: each.score,
    value,
    chance,
    parameters: parameterLayout(model).size,
    epochs,
    trainedOn: data.training[0]?.count ?? 0,
    judgedBy: data.judged.count,
    seconds,
  };
}

const withoutLabels = (samples: Samples): Samples => ({ ...samples, y: new Uint16Array(0) });

/** The score of a result, and that of the commonest class or of the mean. */
function scoreOf(
  { score }: PresetCase,
  { confusion, errors }: EvaluateResult,
  { judged, classes }: PresetData,
): { value: number; chance: number } {
  if (score === 'variance rebuilt') {
    const squares = judged.x.reduce((sum, value) => sum + value * value, 0) / judged.x.length;
    return { value: 1 - (errors?.meanSquared ?? Number.NaN) / squares, chance: 0 };
  }
  const counts = new Array<number>(classes).fill(0);
  for (const label of judged.y) counts[label]! += 1;
  const { accuracy, balancedAccuracy } = classificationFigures(confusion, classes);
  if (score === 'accuracy') return { value: accuracy, chance: Math.max(...counts) / judged.count };
  return { value: balancedAccuracy, chance: 1 / counts.filter((count) => count > 0).length };
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
