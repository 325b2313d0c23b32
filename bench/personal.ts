import { parseArgs } from 'node:util';
import { createEngine, InlineTrainer, type Samples } from '../gateway/engine';
import { initialParameters } from '../gateway/model';
import { SeededRandom } from '../gateway/platform';
import {
  adaptModel,
  adoptAbove,
  canJudge,
  changeBy,
  isBetter,
  labelsOf,
  mixed,
  overlapOf,
  splitByTime,
} from '../gateway/prediction';
import { type PlanRequest, selectPlan } from '../gateway/selection';
import { SampleStore, windowsOf } from '../gateway/stream';
import { type Task, taskModel } from '../gateway/task';
import { type PeopleByTimeOptions, peopleByTime } from './personal/people';
import { sharedModel } from './personal/shared-model';
import { hasData } from './support/recordings';
import { textTable } from './support/text-table';

/** `npm run bench:personal` measures what personal models are worth. */
const usage = `Trains a shared model on people, and adapts it at each person of the other half.

  npm run bench:personal -- [--json] [--only hapt,mitbih] [--epochs N] [--seeds N] [--budget KB] [--above N]

The oldest fifth of a person's windows goes into a sample store of 1024, as at a gateway; the gate sees nothing else. All
later windows judge, over all people together. --above is how many times its noise a gain has to be (default 2.5). The
columns: balanced accuracy of the shared model, of the gated personal model (what a gateway answers with), of the
adapted model without a gate (mixture 1), and over how many people it was adopted; people who lose more than 1 point of
accuracy by the gated model. The recordings are in FTTE_DATA (default ../shared/data).
`;

const cases: readonly PeopleByTimeOptions[] = [
  { recording: 'hapt', preset: 'cnn1d', without: [], mostOfEachLabel: 2000 },
  { recording: 'mitbih', preset: 'ds-cnn1d', without: ['Q'], mostOfEachLabel: 4000 },
];

interface Row {
  readonly data: string;
  readonly seed: number;
  readonly people: number;
  readonly shared: number;
  readonly personal: number;
  readonly ungated: number;
  readonly adopted: number;
  readonly harmed: number;
  readonly cpuSecondsPerPerson: number;
}

interface Settings {
  readonly seed: number;
  readonly epochs: number;
  readonly budgetBytes: number;
  /** Multiple of its noise that a gain has to exceed. */
  readonly above: number;
}

const share = 0.2;

async function measure(options: PeopleByTimeOptions, { seed, epochs, budgetBytes, above }: Settings) {
  const { task, training, people } = await peopleByTime(options);
  const model = taskModel(task);
  const parameters = sharedModel(task, model, { training, epochs, seed });
  const trainer = new InlineTrainer(createEngine());
  const choosePlan = (request: PlanRequest) =>
    selectPlan({ ...request, parameters: initialParameters(model, request.seed ?? 0) });
  const tallies = { shared: new Tally(task), personal: new Tally(task), ungated: new Tally(task) };
  let [adopted, harmed, seconds] = [0, 0, 0];
  for (const windows of people) {
    const cut = Math.floor(windows.count * share);
    const later = part(windows, cut, windows.count);
    const shared = await answers(parameters);
    let [personal, ungated] = [shared, shared];
    const store = new SampleStore({ capacity: 1024, random: new SeededRandom(seed) });
    store.fit(task);
    const own = part(windows, 0, cut);
    windowsOf(own).forEach((window, i) => {
      store.add({ window, label: own.y[i]! });
    });
    const { adapt, keptOut } = splitByTime(store.list(), overlapOf(task.input));
    const begin = process.cpuUsage();
    const request = { task, model, parameters, seed, budgetBytes };
    const judges = store.batch(keptOut);
    const parts = { adapt: store.batch(adapt), keptOut: judges };
    const made = await adaptModel({ ...request, ...parts }, trainer, choosePlan);
    const { change } = await changeBy(store.all(), request, trainer, choosePlan);
    seconds += process.cpuUsage(begin).user / 1e6;
    const isAdopted = canJudge(judges.y) && isBetter(made.comparison, above);
    await trainer.configure({ model });
    ungated = await answers(await mixed(parameters, change, 1));
    if (isAdopted) {
      adopted++;
      personal = await answers(await mixed(parameters, change, made.mixture));
      if (accuracy(personal, later.y) < accuracy(shared, later.y) - 0.01) harmed++;
    }
    tallies.shared.add(shared, later.y);
    tallies.personal.add(personal, later.y);
    tallies.ungated.add(ungated, later.y);

    async function answers(flat: Float32Array): Promise<Uint16Array> {
      await trainer.configure({ model });
      await trainer.setParameters(flat);
      return labelsOf(await trainer.predict(later.x, later.count), later.count);
    }
  }
  const row: Row = {
    data: options.recording,
    seed,
    people: people.length,
    shared: tallies.shared.balanced,
    personal: tallies.personal.balanced,
    ungated: tallies.ungated.balanced,
    adopted,
    harmed,
    cpuSecondsPerPerson: seconds / Math.max(1, people.length),
  };
  await trainer.close();
  return row;
}

/** Right answers by label, over people. */
class Tally {
  private readonly right: number[];
  private readonly all: number[];

  constructor({ labels }: Task) {
    this.right = labels.map(() => 0);
    this.all = labels.map(() => 0);
  }

  add(answers: Uint16Array, y: Uint16Array): void {
    y.forEach((label, i) => {
      this.all[label]!++;
      if (answers[i] === label) this.right[label]!++;
    });
  }

  /** Mean recall over the labels that occur. */
  get balanced(): number {
    const recalls = this.all.flatMap((count, label) => (count > 0 ? [this.right[label]! / count] : []));
    return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
  }
}

const accuracy = (answers: Uint16Array, y: Uint16Array) =>
  answers.reduce((right, answer, i) => right + (answer === y[i] ? 1 : 0), 0) / Math.max(1, y.length);

function part({ x, y, count }: Samples, from: number, to: number): Samples {
  const size = x.length / count;
  return { count: to - from, x: x.slice(from * size, to * size), y: y.slice(from, to) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
      epochs: { type: 'string', default: '10' },
      seeds: { type: 'string', default: '1' },
      above: { type: 'string', default: String(adoptAbove) },
      budget: { type: 'string', default: '192' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const rows: Row[] = [];
  const skipped: Record<string, string> = {};
  for (const options of cases) {
    if (values.only && !values.only.split(',').includes(options.recording)) continue;
    if (!hasData(options.recording)) skipped[options.recording] = 'no recordings: set FTTE_DATA';
    else
      for (let seed = 1; seed <= Number(values.seeds); seed++)
        rows.push(
          await measure(options, {
            seed,
            epochs: Number(values.epochs),
            budgetBytes: Number(values.budget) * 1024,
            above: Number(values.above),
          }),
        );
  }
  if (values.json) return console.log(JSON.stringify({ rows, skipped }));
  const lines = rows.map((row) => [
    row.data,
    String(row.seed),
    row.shared.toFixed(3),
    row.personal.toFixed(3),
    row.ungated.toFixed(3),
    `${row.adopted} of ${row.people}`,
    String(row.harmed),
    row.cpuSecondsPerPerson.toFixed(2),
  ]);
  const head = ['data', 'seed', 'shared', 'personal', 'without gate', 'adopted', 'harmed', 'CPU s'];
  console.log(textTable(head, lines, 2));
  for (const [what, why] of Object.entries(skipped)) console.log(`\nleft out: ${what} (${why})`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
