import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { CoordinatorStatus, VersionReport } from '../gateway/coordinator';
import { parseTask } from '../gateway/task';
import { CoordinatorMonitor, CoordinatorRecord } from '../nodes/runtime';
import { sidebarBytes } from '../tools/support/sidebar-size';
import { textTable } from './support/text-table';

/** `npm run bench:sidebar` measures the cost of the sidebar. */
const usage = `Measures what the sidebar costs the runtime's event loop and the network.

  npm run bench:sidebar -- [--json] [--gateways N] [--versions N]

  --json        one JSON line
  --gateways N  of the fleet (default 50)
  --versions N  of the history (default 5000)
`;

/** Labels of the task, and contributions per version. */
const labels = ['a', 'b', 'c', 'd', 'e', 'f'];
const contributions = 10;
/** Versions that are made up at a time, before they are measured. */
const batch = 100;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      gateways: { type: 'string', default: '50' },
      versions: { type: 'string', default: '5000' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const result = measure(Number(values.gateways), Number(values.versions));
  if (values.json) return void process.stdout.write(`${JSON.stringify(result)}\n`);
  const rows = Object.entries(result).map(([what, value]) => [what, String(Number(value.toPrecision(3)))]);
  process.stdout.write(`${textTable(['what', 'value'], rows)}\n`);
}

/** Times of the processor in ms, sizes in bytes. Each version changes every gateway, and is a message of its own. */
function measure(gateways: number, versions: number) {
  let status = statusOf(gateways, 0);
  const task = parseTask({
    name: 'bench',
    input: { channels: [{ name: 'x' }], rateHz: 50, length: 32, hop: 16 },
    labels,
    model: { preset: 'mlp', size: 'S' },
  });
  const record = new CoordinatorRecord();
  const monitor = new CoordinatorMonitor(
    {
      head: { id: 'n', kind: 'coordinator', name: '', federation: 'f', gateway: 'c' },
      model: () => ({ task, parameters: 1000 }),
      status: () => status,
      look: () => ({ fill: 'green', shape: 'dot', key: 'version' }),
      now: () => status.version * 1000,
      act: async () => undefined,
      files: async () => ({}),
    },
    record,
  );
  monitor.begin();
  let hidden = 0;
  let shown = 0;
  let bytes = 0;
  for (let from = 0; from < versions; from += batch) {
    const made = Array.from({ length: batch }, (_, i) => {
      const version = from + i + 1;
      return { now: statusOf(gateways, version), report: reportOf(version, gateways) };
    });
    for (const { now, report } of made) {
      status = now;
      hidden += cpuMs(() => monitor.version(report));
      shown += cpuMs(() => {
        bytes += JSON.stringify(monitor.changes()).length;
      });
    }
  }
  let snapshot = '';
  const openingMs = cpuMs(() => {
    snapshot = JSON.stringify(monitor.snapshot());
  });
  return {
    'a version, sidebar hidden, ms': hidden / versions,
    'a version, sidebar shown, ms': (hidden + shown) / versions,
    'message of a version, bytes': bytes / versions,
    'opening, ms': openingMs,
    'opening, bytes': snapshot.length,
    'opening, bytes gzipped': gzipSync(snapshot).length,
    'scripts, styles and words, bytes gzipped': sidebarBytes(),
  };
}

function statusOf(gateways: number, version: number): CoordinatorStatus {
  return {
    phase: 'collecting',
    online: true,
    lineage: '0123456789abcdef',
    version,
    buffered: 3,
    bufferSize: contributions,
    gateways: Array.from({ length: gateways }, (_, i) => ({
      id: `gateway-${i}`,
      online: true,
      budgetBytes: 196_608,
      contributions: version,
      lastHeardMs: version,
    })),
    heldOut: 1000,
    missingWindows: 0,
    accepted: version * contributions,
    rejected: {},
    waiting: undefined,
    problem: undefined,
    unsent: undefined,
  };
}

function reportOf(version: number, gateways: number): VersionReport {
  const accuracy = 1 - 1 / (1 + version / 50);
  const quality = {
    ...{ windows: 1000, loss: 1 - accuracy, accuracy, balancedAccuracy: accuracy },
    recalls: Object.fromEntries(labels.map((label) => [label, accuracy])),
    confusion: labels.map(() => labels.map(() => version)),
  };
  return {
    ...{ lineage: '0123456789abcdef', version, modelKey: 'k', current: quality, average: quality },
    best: { version, balancedAccuracy: accuracy },
    contributions: Array.from({ length: contributions }, (_, i) => ({
      gateway: `gateway-${(version * contributions + i) % gateways}`,
      ...{ samples: 64, age: 1, variance: 1, weight: 0.1, bytes: 3000, trainedShare: 0.3 },
      ...{ lossBefore: 1 - accuracy, lossAfter: (1 - accuracy) / 2 },
    })),
    ...{ cause: 'full', updateBytes: 30_000, patchBytes: 4000, gatewaysOnline: gateways, durationMs: 1000 },
  };
}

/** Processor time of some work, which other programs do not lengthen. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
