import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type OwnEngineKind, WorkerTrainer } from '../gateway/engine';
import { initialParameters } from '../gateway/model';
import { SeededRandom } from '../gateway/platform';
import { demonstrationFlows } from '../tools/support/demonstration';
import { type EventLoopDelay, watchEventLoop } from '../tools/support/event-loop-delay';
import { freePort } from '../tools/support/free-port';
import { startNodeRed } from '../tools/support/node-red-host';
import { type JoiningReport, joiningCases, measureJoining } from './eventloop/joining';
import { batchSize, benchModels, benchPlan, inputSize, planCases } from './support/bench-models';

/** `npm run bench:eventloop` measures what training in the worker costs the main thread of Node-RED. */
const usage = `Measures the delay of the main thread's event loop: idle; while a worker trains the CNN without a pause; in a
Node-RED that runs the demonstration (three gateways, coordinator, broker and editor in one process); and in a gateway's
Node-RED and a coordinator while the gateway joins a large task and trains some rounds.

  npm run bench:eventloop -- [--json] [--seconds N] [--engine auto|wasm-strict|wasm-relaxed|javascript] [--joining]

  --joining   measure only the gateways that join

Prints {"p50Ms","p99Ms","maxMs","idle":{...},"rounds","seconds","nodeRed":{...,"versions"},"joining":[...]}. The goal is
p99Ms below 20.
`;

/** Windows of a round: the default limit of a task. */
const roundSamples = 512;
/** Rounds of each gateway that joins. */
const joiningRounds = 4;

/** Delays of this process's event loop while a worker trains. */
export interface EventLoopReport extends EventLoopDelay {
  readonly idle: EventLoopDelay;
  /** Local rounds that were trained during the measurement. */
  readonly rounds: number;
  readonly seconds: number;
}

async function measure(seconds: number, engine: 'auto' | OwnEngineKind): Promise<EventLoopReport> {
  const model = benchModels.cnn;
  const random = new SeededRandom(1);
  const samples = {
    count: roundSamples,
    x: Float32Array.from({ length: roundSamples * inputSize(model) }, () => random.normal()),
    y: Uint16Array.from({ length: roundSamples }, (_, i) => i % model.outputs),
  };
  const trainer = new WorkerTrainer({ engine });
  const full = planCases[0]!; // the first case is the whole model at the whole batch
  await trainer.configure({
    model,
    plan: benchPlan('cnn', full),
    optimiser: { kind: 'sgd', momentum: 0.9 },
    batchSize,
  });
  await trainer.setParameters(initialParameters(model, 1));
  await trainer.train(samples, { epochs: 1, learningRate: 1e-3, seed: 1 });

  const stopIdle = watchEventLoop();
  await pause(seconds * 1000);
  const idle = stopIdle();

  const stopBusy = watchEventLoop();
  const end = performance.now() + seconds * 1000;
  let rounds = 0;
  while (performance.now() < end) {
    await trainer.train(samples, { epochs: 1, learningRate: 1e-3, seed: rounds });
    rounds++;
  }
  const busy = stopBusy();
  await trainer.close();
  return { ...busy, idle, rounds, seconds };
}

/** Delays in the demonstration's Node-RED, from its second version on. */
async function measureNodeRed(seconds: number): Promise<EventLoopDelay & { versions: number }> {
  let versions = 0;
  let second: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    second = resolve;
  });
  const host = await startNodeRed({
    port: 0,
    flows: demonstrationFlows(await freePort()),
    onSend: ({ nodeType, port }) => {
      if (nodeType === 'ftte-coordinate' && port === 0 && ++versions === 2) second();
    },
  });
  await settled;
  const before = versions;
  const stop = watchEventLoop();
  await pause(seconds * 1000);
  const delay = stop();
  await host.stop();
  return { ...delay, versions: versions - before };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '10' },
      engine: { type: 'string', default: 'auto' },
      joining: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new Error(`--seconds: expected a number above 0, got ${values.seconds}`);
  const joining: JoiningReport[] = [];
  for (const each of joiningCases) joining.push(await measureJoining(each, joiningRounds));
  if (values.joining) return void console.log(values.json ? JSON.stringify(joining) : joiningText(joining));
  const trainer = await measure(seconds, values.engine as 'auto' | OwnEngineKind);
  const report = { ...trainer, nodeRed: await measureNodeRed(seconds), joining };
  if (values.json) return void console.log(JSON.stringify(report));
  console.log(`idle:      ${lineOf(report.idle)}`);
  console.log(`training:  ${lineOf(report)}  (${report.rounds} rounds in ${report.seconds} s)`);
  console.log(
    `Node-RED:  ${lineOf(report.nodeRed)}  (${report.nodeRed.versions} versions in ${report.seconds} s)`,
  );
  console.log(joiningText(joining));
}

const lineOf = ({ p50Ms, p99Ms, maxMs, longestCpuMs }: EventLoopDelay) =>
  `p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms${longestCpuMs ? `, longest task ${longestCpuMs} ms CPU` : ''}`;

function joiningText(joining: readonly JoiningReport[]): string {
  return joining
    .map(
      ({ name, parameters, rounds, versions, gateway, coordinator }) =>
        `${name} (${parameters} parameters, ${rounds} rounds, ${versions} versions)\n` +
        `  gateway:     ${lineOf(gateway)}\n  coordinator: ${lineOf(coordinator)}`,
    )
    .join('\n');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
