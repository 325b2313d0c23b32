import { parseArgs } from 'node:util';
import { textTable } from '../support/text-table';
import { brokers } from './brokers';
import { type FleetRow, runFleet } from './run-fleet';

/** `npm run bench:fleet` runs thousands of gateways against one coordinator. */
const usage = `Runs gateways with a connection, a session and a model each against one coordinator over a real broker. They do all that a
gateway does but train: a round sends random numbers of the size of an update of 702 parameters.

  npm run bench:fleet -- [--clients N,N] [--brokers NAME,NAME] [--period N] [--buffer N] [--seconds N] [--processes N] [--json]

  --clients    gateways (default 100,1000,10000)
  --brokers    ${Object.keys(brokers).join(', ')}: hosted by the coordinator's process (default all)
  --period     seconds from one round of a gateway to its next (default 60)
  --buffer     updates that make a version (default: what arrives in 10 seconds, at least 10)
  --seconds    time that is measured, after each gateway had time for one round (default 120)
  --processes  processes that the gateways are in (default 2)
  --json       one JSON line per row

Mosquitto and nats-server come from Debian's packages. It reads /proc, so it needs Linux.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      clients: { type: 'string', default: '100,1000,10000' },
      brokers: { type: 'string', default: Object.keys(brokers).join(',') },
      period: { type: 'string', default: '60' },
      buffer: { type: 'string' },
      seconds: { type: 'string', default: '120' },
      processes: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const names = values.brokers.split(',');
  const unknown = names.find((name) => !(name in brokers));
  if (unknown !== undefined)
    throw new Error(`--brokers: expected some of ${Object.keys(brokers).join(', ')}, got ${unknown}`);
  const rows: FleetRow[] = [];
  for (const broker of names)
    for (const clients of values.clients.split(',').map(Number)) {
      const onProgress = (text: string) => process.stderr.write(`${broker}, ${clients}: ${text}\n`);
      const row = await runFleet({
        ...{ broker, clients, onProgress },
        processes: Number(values.processes),
        periodMs: 1000 * Number(values.period),
        ...(values.buffer !== undefined && { bufferSize: Number(values.buffer) }),
        seconds: Number(values.seconds),
      });
      rows.push(row);
      if (values.json) process.stdout.write(`${JSON.stringify(row)}\n`);
    }
  if (!values.json) process.stdout.write(tableOf(rows));
}

function tableOf(rows: readonly FleetRow[]): string {
  const head = ['broker', 'gateways', 'joined', 'joins/s', 'updates/s', 'versions/min', 'hub ms/update'];
  const more = ['broker ms/update', 'hub MB', 'kB/gateway', 'broker MB', 'loop p99 ms', 'longest ms'];
  const text = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '-';
  return textTable(
    [...head, ...more],
    rows.map((row) => [
      ...[row.broker, String(row.clients), String(row.joined), text(row.joinsPerSecond, 0)],
      ...[text(row.updatesPerSecond, 1), text(row.versionsPerMinute, 1), text(row.hubMsPerUpdate, 2)],
      ...[text(row.brokerMsPerUpdate, 2), text(row.hubMB, 0), text(row.hubKBPerClient, 1)],
      ...[text(row.brokerMB, 0), text(row.loopP99Ms, 1), text(row.loopLongestMs, 1)],
    ]),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
});
