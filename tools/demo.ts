import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RoundReport, Task, VersionReport } from '../gateway';
import { parameterLayout } from '../gateway/model';
import { denseMemory } from '../gateway/selection';
import { parseStoredTask, taskModel } from '../gateway/task';
import {
  demonstrationFlows,
  exampleFlows,
  type FlowNode,
  recordingFolder,
  withFlowEnv,
  withNodes,
} from './support/demonstration';
import { freePort } from './support/free-port';
import { spawnNodeRed } from './support/host-process';
import type { NodeRedHost, SentMessage } from './support/node-red-host';

/** `npm run demo` runs the example flows without an editor up to a version, and prints one JSON line at the end. */
const usage = `Runs the example flows in a real Node-RED, without an editor, and reports what they learned.

  npm run demo -- --data DIR [--versions N] [--json] [--broker URL] [--speed N]

  --data DIR     recordings in the shared format (or FTTE_DATA; default: synthetic people)
  --versions N   stop after this version (default 60)
  --json         print only the last line
  --broker URL   run the coordinator and three gateways in four Node-RED processes over this MQTT broker,
                 instead of one process that hosts a broker
  --speed N      playing speed of the sensors, as a multiple of real time (default 1500)
`;

/** Versions whose accuracies the last line averages, because single versions swing by points. */
const averagedVersions = 10;

interface Options {
  readonly versions: number;
  readonly json: boolean;
  readonly broker: string | undefined;
  readonly speed: string;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: process.env['FTTE_DATA'] },
      versions: { type: 'string', default: '60' },
      json: { type: 'boolean', default: false },
      broker: { type: 'string' },
      speed: { type: 'string', default: '1500' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const versions = Number(values.versions);
  if (!Number.isInteger(versions) || versions < 1)
    throw new Error(`--versions: expected a whole number of 1 or more, got ${values.versions}`);
  if (values.data) process.env['FTTE_DATA'] = recordingFolder(values.data);
  await run({ versions, json: values.json, broker: values.broker, speed: values.speed });
}

async function run(options: Options): Promise<void> {
  const started = Date.now();
  const tally = new Tally();
  const folder = mkdtempSync(join(tmpdir(), 'ftte-demo-'));
  const hosts: NodeRedHost[] = [];
  const finished = new Promise<void>((resolve, reject) => {
    const onSend = (sent: SentMessage) => {
      if (sent.nodeType === 'ftte-train' && sent.port === 0) tally.round(sent.msg['payload'] as RoundReport);
      if (sent.nodeType === 'catch') tally.problem(String(sent.msg['error']));
      if (sent.nodeType !== 'ftte-coordinate' || sent.port !== 0) return;
      const report = sent.msg['payload'] as VersionReport;
      if (typeof report?.version !== 'number' || !report.contributions) return;
      tally.version(report);
      if (!options.json) process.stdout.write(`${line(report)}\n`);
      if (report.version >= options.versions) resolve();
    };
    startHosts(options, folder, onSend, hosts).catch(reject);
  });
  try {
    await finished;
    const flows = exampleFlows('01 - Wearables on one machine');
    process.stdout.write(`${JSON.stringify(tally.summary(taskOf(flows), (Date.now() - started) / 1000))}\n`);
  } finally {
    await Promise.all(hosts.map((host) => host.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts one process that hosts the broker, or four that share one. */
async function startHosts(
  options: Options,
  folder: string,
  onSend: (sent: SentMessage) => void,
  hosts: NodeRedHost[],
) {
  const forward = [
    { nodeType: 'ftte-coordinate', port: 0 },
    { nodeType: 'ftte-train', port: 0 },
    { nodeType: 'catch', port: 0 },
  ];
  const start = async (name: string, flows: readonly FlowNode[]) => {
    hosts.push(await spawnNodeRed({ userDir: join(folder, name), flows, forward, onSend }));
  };
  if (options.broker === undefined) {
    await start('all', withFlowEnv(demonstrationFlows(await freePort()), 'FTTE_SPEED', options.speed));
    return;
  }
  // The examples join by invitations that a person makes and pastes.
  const open = { membership: 'open', broker: 'url', url: options.broker };
  const coordinator = withNodes(exampleFlows('03 - Coordinator'), 'ftte-federation', () => open);
  await start('coordinator', coordinator);
  const gateway = withFlowEnv(exampleFlows('02 - Gateway'), 'FTTE_SPEED', options.speed);
  await Promise.all(
    ['a', 'b', 'c'].map((name, i) => {
      const people = withNodes(gateway, 'ftte-replay', () => ({ people: `${i + 1}/3` }));
      return start(
        name,
        withNodes(people, 'ftte-federation', () => ({ ...open, gateway: `gateway-${name}` })),
      );
    }),
  );
}

/** Sums of the reports of versions and rounds. */
class Tally {
  private readonly versions: VersionReport[] = [];
  private readonly gateways = new Set<string>();
  private contributions = 0;
  private updateBytes = 0;
  private peakTrainingBytes = 0;
  private readonly problems = new Set<string>();

  /** Prints each distinct error of the flow once. */
  problem(text: string): void {
    if (this.problems.has(text)) return;
    this.problems.add(text);
    process.stderr.write(`${text}\n`);
  }

  round(report: RoundReport): void {
    this.peakTrainingBytes = Math.max(this.peakTrainingBytes, report.peakBytes);
  }

  version(report: VersionReport): void {
    this.versions.push(report);
    this.contributions += report.contributions.length;
    this.updateBytes += report.updateBytes;
    for (const { gateway } of report.contributions) this.gateways.add(gateway);
  }

  summary(task: Task, seconds: number) {
    const judged = this.versions
      .slice(-averagedVersions)
      .filter((report) => report.average && report.current);
    const mean = (value: (report: VersionReport) => number) =>
      judged.length === 0 ? null : judged.reduce((sum, report) => sum + value(report), 0) / judged.length;
    const model = taskModel(task);
    return {
      version: this.versions.at(-1)?.version ?? 0,
      accuracy: mean((report) => report.average?.accuracy ?? 0),
      balancedAccuracy: mean((report) => report.average?.balancedAccuracy ?? 0),
      gateways: this.gateways.size,
      contributions: this.contributions,
      /** Mean size of an update on the wire. */
      updateBytes: Math.round(this.updateBytes / Math.max(1, this.contributions)),
      /** Size of an update with every parameter as float32. */
      denseBytes: parameterLayout(model).size * 4,
      peakTrainingBytes: this.peakTrainingBytes,
      denseTrainingBytes: denseMemory(model, task.training.optimiser, task.training.batchSize).peakBytes,
      seconds: Math.round(seconds * 10) / 10,
      /** Of the current versions instead of the running average. */
      currentBalancedAccuracy: mean((report) => report.current?.balancedAccuracy ?? 0),
      judgedVersions: judged.length,
    };
  }
}

function taskOf(flows: readonly FlowNode[]): Task {
  const node = flows.find(({ type }) => type === 'ftte-task');
  return parseStoredTask(node?.['name'], node?.['task']);
}

function line(report: VersionReport): string {
  const share = (value: number | undefined) => (value === undefined ? '  -  ' : value.toFixed(3));
  const from = report.contributions.map(({ gateway, age }) => `${gateway} (age ${age})`).join(', ');
  return `version ${report.version}: balanced accuracy ${share(report.average?.balancedAccuracy)} (chance ${share(report.average?.chance)}, this version alone ${share(report.current?.balancedAccuracy)}), ${report.updateBytes} B from ${from}`;
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
