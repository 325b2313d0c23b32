import { parseArgs } from 'node:util';
import { adoptAbove } from '../gateway/prediction';
import { taskModel } from '../gateway/task';
import { type PeopleByTimeOptions, peopleByTime } from './personal/people';
import { type PersonalAccuracy, personalAccuracy } from './personal/personal-accuracy';
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

interface Row extends PersonalAccuracy {
  readonly data: string;
  readonly seed: number;
  readonly people: number;
}

interface Settings {
  readonly seed: number;
  readonly epochs: number;
  readonly budgetBytes: number;
  /** Multiple of its noise that a gain has to exceed. */
  readonly above: number;
}

async function measure(
  options: PeopleByTimeOptions,
  { seed, epochs, budgetBytes, above }: Settings,
): Promise<Row> {
  const { task, training, people } = await peopleByTime(options);
  const model = taskModel(task);
  const parameters = sharedModel(task, model, { training, epochs, seed });
  const accuracy = await personalAccuracy({ task, model, parameters, people, seed, budgetBytes, above });
  return { data: options.recording, seed, people: people.length, ...accuracy };
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
