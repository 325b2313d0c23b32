import { parseArgs } from 'node:util';
import { SeededRandom } from '../../gateway/platform';
import { encodeValues } from '../../gateway/wire';
import { median } from '../support/statistics';
import { textTable } from '../support/text-table';
import { errorInSteps, MaskedFederation } from './federation';
import { triedLists } from './lies';

/** `npm run bench:masked` measures masked sums beside plain updates. */
const usage = `Measures masked updates, and the helpers that open their sums, in one process.

  npm run bench:masked -- [--json] [--versions N] [--members N,N] [--parameters N,N]

  --json          one JSON line: {"rows":[...],"lies":[...]}
  --versions N    lists that are opened in each cell (default 5)
  --members N     gateways of the federation (default 3,10,50)
  --parameters N  of the model (default 8438,61534)

The buffer has 3 updates for 3 members, else 10. "plain" is an update in the usual encoding, about one bit for each value. Bytes
are those of the values, without the heads of messages. "error" is the largest difference between the opened mean and that
of the changes, in steps of a level (1/4096). "ms" is processor time. "away" says what a version does then.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      versions: { type: 'string', default: '5' },
      members: { type: 'string', default: '3,10,50' },
      parameters: { type: 'string', default: '8438,61534' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const numbers = (list: string) => list.split(',').map(Number);
  const rows = numbers(values.members).flatMap((members) =>
    numbers(values.parameters).map((parameters) => measure(members, parameters, Number(values.versions))),
  );
  const lies = triedLists(new MaskedFederation(10, 2));
  if (values.json) process.stdout.write(`${JSON.stringify({ rows, lies })}\n`);
  else
    process.stdout.write(
      `${tables(rows)}\n\n${lies.map(({ what, result }) => `${what}: ${result}`).join('\n')}\n`,
    );
}

function measure(members: number, parameters: number, versions: number) {
  const federation = new MaskedFederation(members, 1);
  const { committee, gateways, tally } = federation;
  const buffer = Math.min(members, 10);
  let exact = true;
  let error = 0;
  for (let version = 0; version < versions; version++) {
    const senders = Array.from({ length: buffer }, (_, i) => gateways[(version * buffer + i) % members]!);
    const { list, masked, levels, mean } = federation.updatesOf(senders, parameters);
    const { sum } = federation.open(list, masked);
    if (sum?.sums.every((value, i) => value === levels[i]) !== true) exact = false;
    error = Math.max(error, sum ? errorInSteps(sum.sums, mean, buffer) : Number.POSITIVE_INFINITY);
  }
  const { ms, shareBytes } = { ...tally };
  const times = Object.fromEntries(
    Object.entries(ms).map(([name, list]) => [`${name}Ms`, Number(median(list).toFixed(2))]),
  );
  const away = [1, 2].map((count) => {
    const { list, masked } = federation.updatesOf(gateways.slice(0, buffer), 100);
    const { sum, opening } = federation.open(
      list,
      masked,
      Array.from({ length: count }, (_, i) => i),
    );
    return sum ? 'opens' : opening.stage === 'votes' ? 'waits' : opening.stage;
  });
  const random = new SeededRandom(3);
  const plain = encodeValues(
    Float32Array.from({ length: parameters }, () => 0.01 * random.normal()),
    'dithered',
  );
  return {
    members,
    parameters,
    helpers: committee.helpers,
    threshold: committee.threshold,
    quorum: committee.quorum,
    buffer,
    exact,
    errorSteps: Number(error.toFixed(3)),
    plainBytes: plain.encoding === 'dithered' ? plain.values.length : Number.NaN,
    updateBytes: 2 * (parameters + 4),
    shareBytes,
    bytesByContribution: Math.round(2 * (parameters + 4) + (committee.threshold * shareBytes) / buffer),
    setupBytes: gateways[0]!.deposits.reduce((sum, { sealed }) => sum + sealed.length + 32 + 64, 0),
    ...times,
    oneAway: away[0],
    twoAway: away[1],
  };
}

type Row = ReturnType<typeof measure> & Record<string, unknown>;

function tables(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  return textTable(
    ['', ...rows.map(({ members }) => `${members}`)],
    columns.slice(1).map((name) => [name, ...rows.map((row) => String(row[name]))]),
  );
}

void main();
