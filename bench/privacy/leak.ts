import { parseArgs } from 'node:util';
import { initialParameters } from '../../gateway/model';
import { SeededRandom, shuffle } from '../../gateway/platform';
import { taskModel } from '../../gateway/task';
import { mean } from '../support/statistics';
import { textTable } from '../support/text-table';
import {
  correlation,
  expectedUpdate,
  innermost,
  labelShares,
  namedLabels,
  protections,
  trainOnce,
} from './leak-attacks';
import { leakData, ofOneRound, randomWindow } from './leak-data';

/** `npm run bench:leak` measures what one update reveals. */
const usage = `Reads one update of one gateway, made from version 0: which labels its windows have, the label of one of them by somebody who
knows all the others, and, if it was made of one window, the window.

  npm run bench:leak -- [--data hapt|synthetic] [--epsilon X] [--rounds N] [--trials N] [--json]

  --data     hapt, or made-up people (default hapt)
  --epsilon  budget of a gateway at the level of records (default 8)
  --rounds   rounds that the budget of a round of many windows lasts for (default 100); that of one window is for one round
  --trials   updates that are read, for each row (default 100)
  --json     one JSON line per row

FTTE_DATA names the folder of the recordings (default ../shared/data).
`;

/** Windows of a round, and labels that it has of those of the task. */
const roundOf = { windows: 64, labels: 2 } as const;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: 'hapt' },
      epsilon: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '100' },
      trials: { type: 'string', default: '100' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const trials = Number(values.trials);
  const budget = { epsilon: Number(values.epsilon), rounds: Number(values.rounds) };
  const rows: Row[] = [];
  for (const model of ['mlp', 'features'] as const) {
    const data = await leakData(values.data, model);
    for (const protection of protections) {
      for (const attack of [labelRow, oneLabelRow, windowRow]) {
        const row = attack(data, model, protection, budget, trials);
        rows.push(row);
        if (values.json) process.stdout.write(`${JSON.stringify(row)}\n`);
      }
    }
  }
  if (!values.json)
    process.stdout.write(
      `${textTable(
        ['attack', 'model', 'update', 'found', 'chance'],
        rows.map(({ attack, model, protection, found, chance }) => [
          attack,
          model,
          protection,
          found.toFixed(3),
          chance.toFixed(3),
        ]),
        3,
      )}\n`,
    );
}

interface Row {
  readonly attack: string;
  readonly model: string;
  readonly protection: string;
  readonly trials: number;
  /** Share of the labels that were found, or the correlation of the window with what was rebuilt. */
  readonly found: number;
  /** The same for a guess that knows nothing of the update. */
  readonly chance: number;
}

type Data = Awaited<ReturnType<typeof leakData>>;
type Protection = (typeof protections)[number];
interface Budget {
  readonly epsilon: number;
  readonly rounds: number;
}

/** Which labels the windows of a round have, by the change of the biases of the last layer. */
function labelRow(data: Data, model: string, protection: Protection, budget: Budget, trials: number): Row {
  const random = new SeededRandom(1);
  const found: number[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const { samples, labels } = ofOneRound(data, roundOf, random);
    const spec = taskModel(data.task);
    const parameters = initialParameters(spec, trial + 1);
    const delta = trainOnce({ task: data.task, samples, parameters, protection, budget, seed: trial });
    const named = namedLabels(labelShares(spec, delta), labels.size);
    found.push(named.filter((label) => labels.has(label)).length / labels.size);
  }
  const chance = roundOf.labels / data.task.labels.length;
  return { attack: 'labels', model, protection, trials, found: mean(found), chance };
}

/** Which of two labels one window of a round has, by somebody who knows all else: the label whose expected update is nearer. */
function oneLabelRow(data: Data, model: string, protection: Protection, budget: Budget, trials: number): Row {
  const random = new SeededRandom(3);
  const { labels } = data.task;
  let found = 0;
  for (let trial = 0; trial < trials; trial++) {
    const { samples } = ofOneRound(data, { ...roundOf, labels: labels.length }, random);
    const at = random.integer(samples.count);
    const [truth, other] = shuffle([...labels.keys()], random) as [number, number];
    const parameters = initialParameters(taskModel(data.task), trial + 1);
    const roundWith = (label: number) => {
      const y = Uint16Array.from(samples.y);
      y[at] = label;
      return { task: data.task, samples: { ...samples, y }, parameters, protection, budget, seed: trial };
    };
    const update = trainOnce(roundWith(truth));
    const [right, wrong] = [truth, other].map((label) => distance(expectedUpdate(roundWith(label)), update));
    if (right! < wrong!) found++;
  }
  return { attack: 'one label', model, protection, trials, found: found / trials, chance: 1 / 2 };
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

/** One window, from the change of the first dense layer: every column of its kernel is the input times a change of a bias. */
function windowRow(data: Data, model: string, protection: Protection, budget: Budget, trials: number): Row {
  const random = new SeededRandom(2);
  const [found, chance]: [number[], number[]] = [[], []];
  for (let trial = 0; trial < trials; trial++) {
    const samples = randomWindow(data, random);
    const spec = taskModel(data.task);
    const parameters = initialParameters(spec, trial + 1);
    const once = { epsilon: budget.epsilon, rounds: 1 };
    const delta = trainOnce({ task: data.task, samples, parameters, protection, budget: once, seed: trial });
    const rebuilt = innermost(spec, delta);
    // What enters that layer: the window itself, or the statistics that stand for it.
    const truth = data.inputOf(samples, parameters);
    found.push(Math.abs(correlation(rebuilt, truth)));
    chance.push(
      Math.abs(
        correlation(
          rebuilt.map(() => random.normal()),
          truth,
        ),
      ),
    );
  }
  return { attack: 'one window', model, protection, trials, found: mean(found), chance: mean(chance) };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
