import { parseArgs } from 'node:util';
import type { Form } from './attacks/protections';
import { type BrokerFuzzResult, fuzzBroker } from './fuzz/broker-fuzz';
import { type FuzzResult, fuzz } from './fuzz/fuzz-run';
import type { FuzzKind } from './fuzz/next-message';
import { fuzzTexts, type TextResult } from './fuzz/text-fuzz';
import { textTable } from './support/text-table';

/** `npm run bench:fuzz` sends mutated messages to a federation, and compares it with one that got none. */
const usage = `Sends mutated messages to all topics of a federation that learns, and compares it with one that got none.

  npm run bench:fuzz -- [--json] [--messages N] [--seed N] [--no-broker]

  --json        one JSON line: {"messages","crashes","differences","heapMB","runs","brokers","texts"}
  --messages N  messages in all (default 200000), a tenth of them over a real Mosquitto and the hosted broker
  --seed N      seed of the mutations (default 1)
  --no-broker   without the share over real brokers

Real messages of every type are cut, spliced, moved, repeated, their bits are flipped, their fields become something else,
lengths are promised that are not there, and nesting goes deep. In the protected form all of it is sent, forged messages that
are valid in plain included. In the plain form whoever may publish is believed: messages that are valid in spite of their
mutation have runs of their own ("valid"), which must not crash, and may change models. "differences" counts all other runs.
"heapMB" is the largest growth of the heap in one run. Invitations, keys and files of members are mutated, too. It ends with
code 1 if something crashed or differs.
`;

interface Share {
  readonly form: Form;
  readonly kind: FuzzKind;
  readonly granted: boolean;
  readonly share: number;
}

/** The shares of the messages. */
const inMemory: readonly Share[] = [
  { form: 'protected', kind: 'any', granted: false, share: 0.3 },
  { form: 'protected', kind: 'any', granted: true, share: 0.2 },
  { form: 'plain', kind: 'broken', granted: false, share: 0.15 },
  { form: 'plain', kind: 'broken', granted: true, share: 0.1 },
  { form: 'plain', kind: 'valid', granted: false, share: 0.1 },
  { form: 'plain', kind: 'valid', granted: true, share: 0.05 },
];
const overBrokers = [
  { broker: 'mosquitto', form: 'protected', kind: 'any', share: 0.05 },
  { broker: 'hosted', form: 'protected', kind: 'any', share: 0.025 },
  { broker: 'mosquitto', form: 'plain', kind: 'broken', share: 0.025 },
] as const;
/** Texts and files of each kind, for each thousand messages. */
const textsPerThousand = 10;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      messages: { type: 'string', default: '200000' },
      seed: { type: 'string', default: '1' },
      'no-broker': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const [messages, seed] = [Number(values.messages), Number(values.seed)];
  if (!(Number.isInteger(messages) && messages > 0 && Number.isInteger(seed)))
    throw new Error(
      `--messages and --seed: expected whole numbers, got ${values.messages} and ${values.seed}`,
    );
  const say = (what: unknown) => process.stderr.write(`${JSON.stringify(what)}\n`);
  const runs: FuzzResult[] = [];
  for (const { share, ...settings } of inMemory) {
    const result = await fuzz({
      ...settings,
      messages: Math.round(messages * share),
      seed: seed + runs.length,
    });
    runs.push(result);
    say(result);
  }
  const brokers: BrokerFuzzResult[] = [];
  for (const { broker, form, kind, share } of values['no-broker'] ? [] : overBrokers) {
    const result = await fuzzBroker(broker, form, kind, Math.round(messages * share), seed + brokers.length);
    brokers.push(result);
    say(result);
  }
  const texts = await fuzzTexts(Math.max(100, Math.round((textsPerThousand * messages) / 1_000)), seed);
  for (const result of texts) say(result);
  report({ runs, brokers, texts }, values.json);
}

interface Results {
  readonly runs: readonly FuzzResult[];
  readonly brokers: readonly BrokerFuzzResult[];
  readonly texts: readonly TextResult[];
}

function report(results: Results, asJson: boolean): void {
  const { runs, brokers, texts } = results;
  const crashes = [...runs, ...brokers, ...texts].flatMap((each) => each.crashes);
  const differences = [...runs, ...brokers]
    .filter(({ kind }) => kind !== 'valid')
    .flatMap((each) => each.differences);
  const messages = [...runs, ...brokers].reduce((sum, each) => sum + each.messages, 0);
  const heapMB = Math.max(...runs.map((run) => run.heapMB));
  if (asJson)
    process.stdout.write(`${JSON.stringify({ messages, crashes, differences, heapMB, ...results })}\n`);
  else {
    const rows = [
      ...runs.map((run) => [
        `${run.form}, ${run.granted ? 'granted' : 'free'}, ${run.kind}`,
        String(run.messages),
        String(run.crashes.length),
        run.kind === 'valid' ? '-' : String(run.differences.length),
        run.heapMB.toFixed(1),
        run.msPerMessage.toFixed(3),
      ]),
      ...brokers.map((each) => [
        `${each.form}, ${each.broker}, ${each.kind}`,
        String(each.messages),
        String(each.crashes.length),
        String(each.differences.length),
        '',
        '',
      ]),
      ...texts.map(({ what, inputs, crashes: failed }) => [
        what,
        String(inputs),
        String(failed.length),
        '',
        '',
        '',
      ]),
    ];
    process.stdout.write(textTable(['run', 'inputs', 'crashes', 'differences', 'heap MB', 'cpu ms'], rows));
  }
  process.exitCode = crashes.length + differences.length > 0 ? 1 : 0;
}

void main();
