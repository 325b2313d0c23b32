import { parseArgs } from 'node:util';
import { type FloodRow, floods, runFlood } from './hosted/flood';
import { textTable } from './support/text-table';

/** `npm run bench:hosted` measures what clients can make the process hold that hosts a broker. */
const usage = `Measures the memory of a process that hosts a broker before and after floods, and whether a gateway gets in.

  npm run bench:hosted -- [--json] [--quick] [--only TEXT]

  --json       one JSON line: {"rows":[{"attack","rssBefore","rssAfter","heapAfter","result"}]}; MB
  --quick      a tenth of the messages and connections
  --only TEXT  only attacks with this text in their name

Each attack has a broker of its own, in a process of its own, with the one password for all, which the attacker has.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const rows: FloodRow[] = [];
  for (const flood of floods.filter(({ attack }) => attack.includes(values.only))) {
    const row = await runFlood(flood, values.quick ? 0.1 : 1);
    process.stderr.write(`${row.attack}: ${row.rssBefore} -> ${row.rssAfter} MB; ${row.result}\n`);
    rows.push(row);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ rows })}\n`);
  else
    process.stdout.write(
      textTable(
        ['attack', 'RSS before, MB', 'after, MB', 'heap after, MB', 'result'],
        rows.map((row) => [
          row.attack,
          String(row.rssBefore),
          String(row.rssAfter),
          String(row.heapAfter),
          row.result,
        ]),
      ),
    );
}

void main();
