import { parseArgs } from 'node:util';
import { anomaly } from './kinds/anomaly';
import { forecast } from './kinds/forecast';
import type { Judge, KindCase, Score } from './kinds/kind-case';
import { stress } from './kinds/stress';
import { trainDense } from './support/dense-training';
import { hasData } from './support/recordings';
import { textTable } from './support/text-table';

/** `npm run bench:kinds` trains and judges the kinds of task beyond classification into many labels. */
const usage = `Trains one preset for each kind of task on recordings, and judges it by people that it has not seen.

  npm run bench:kinds -- [--json] [--only stress,anomaly,forecast] [--epochs N] [--rate R] [--judge test|kept-aside]

  stress    gru-S, binary cross-entropy, on stress-predict (each person scaled by their own session): the mean over
            people of the area under the ROC curve
  anomaly   autoencoder1d-S on the normal beats of mitbih (each beat scaled by itself): the area under the ROC curve of
            the error, other beats against normal ones
  forecast  mlp-S and gru-S on hapt: 96 readings to the 32 that follow, all channels; the share of the variance that
            the forecast explains, compared with that of repeating the last reading
  --judge   people that judge: the test half (default), or a quarter of the others, which then does not train, to
            choose settings

SGD with momentum 0.9 at batch 32; the learning rate follows half a cosine down to zero. The recordings are in FTTE_DATA
(default ../shared/data).
`;

interface Row extends Score {
  readonly task: string;
  readonly seconds: number;
}

const kinds: readonly [kind: string, folder: string, prepare: (judge: Judge) => Promise<KindCase>][] = [
  ['stress', 'stress-predict', stress],
  ['anomaly', 'mitbih', anomaly],
  ['forecast', 'hapt', (judge) => forecast('mlp', judge)],
  ['forecast', 'hapt', (judge) => forecast('gru', judge)],
];

function train(prepared: KindCase, epochs = prepared.epochs, learningRate = prepared.learningRate): Row {
  const { name, model, training } = prepared;
  const { program, seconds } = trainDense(model, { name, epochs, learningRate, samplesOf: () => training });
  return { task: name, ...prepared.judge((x, count) => program.predict(x, count)), seconds };
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
  const rows: Row[] = [];
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
