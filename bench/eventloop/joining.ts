import { setTimeout as pause } from 'node:timers/promises';
import { Coordinator } from '../../gateway/coordinator';
import { parameterLayout } from '../../gateway/model';
import { systemClock, systemRandom, yieldToEventLoop } from '../../gateway/platform';
import { denseMemory } from '../../gateway/selection';
import { TransportSession } from '../../gateway/session';
import { type PresetName, type PresetSize, parseTask, taskModel } from '../../gateway/task';
import { HostedBroker, MqttTransport } from '../../gateway/transport';
import { type EventLoopDelay, watchEventLoop } from '../../tools/support/event-loop-delay';
import { spawnNodeRed } from '../../tools/support/host-process';

/** A preset, an input that it is made for, and a budget in percent of dense training. */
export interface JoiningCase {
  readonly preset: PresetName;
  readonly size: PresetSize;
  /** `[length, channels]` */
  readonly input: readonly [number, number];
  readonly percent: number;
}

/** The cases that the benchmark measures. */
export const joiningCases: readonly JoiningCase[] = [
  { preset: 'mobilenet-tiny', size: 'L', input: [1024, 3], percent: 12 },
  { preset: 'ds-cnn1d', size: 'L', input: [187, 1], percent: 12 },
];

/** Delays while a gateway joins. */
export interface JoiningReport {
  readonly name: string;
  readonly parameters: number;
  /** Of the gateway's Node-RED, from before it receives the task until its last round. */
  readonly gateway: EventLoopDelay;
  /** Of the process with coordinator and broker, in the same time. */
  readonly coordinator: EventLoopDelay;
  readonly rounds: number;
  readonly versions: number;
}

const federation = 'joining';
const labels = ['a', 'b', 'c', 'd', 'e'];
/** Time between two windows. */
const windowSeconds = 0.05;
/** New windows that start a round. */
const roundWindows = 32;

/**
 * Lets a gateway in a Node-RED of its own receive a task, choose its plan, load the model and train some rounds. Each
 * round makes a version, which comes back as a patch.
 */
export async function measureJoining(each: JoiningCase, rounds: number): Promise<JoiningReport> {
  const { preset, size, input, percent } = each;
  const [length, channels] = input;
  const task = parseTask({
    name: 'joining',
    input: {
      channels: Array.from({ length: channels }, (_, i) => ({ name: `channel ${i}` })),
      rateHz: 50,
      length,
      hop: length,
    },
    labels,
    model: { preset, size },
    training: { maxSamplesPerRound: 64, epochs: 1 },
    aggregation: { bufferSize: 1 },
  });
  const model = taskModel(task);
  const { peakBytes } = denseMemory(model, task.training.optimiser, task.training.batchSize);
  const broker = new HostedBroker({ port: 0 });
  await broker.start();
  let trained = 0;
  let versions = 0;
  let last: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    last = resolve;
  });
  const host = await spawnNodeRed({
    flows: gatewayFlows(broker.url, input, (percent / 100) * (peakBytes / 1024)),
    logLevel: 'off',
    forward: [{ nodeType: 'ftte-train', port: 0 }],
    onSend: () => {
      if (++trained === rounds) last();
    },
  });
  const transport = new MqttTransport({
    url: broker.url,
    clientId: 'coordinator',
    will: TransportSession.will(federation, 'coordinator'),
  });
  const session = new TransportSession({
    transport,
    federation,
    id: 'coordinator',
    clock: systemClock,
    random: systemRandom(),
  });
  const coordinator = new Coordinator({
    session,
    task,
    folder: undefined,
    yieldToEventLoop,
  });
  coordinator.on('version', () => versions++);
  // Node-RED itself is still busy for a while after its start.
  await pause(3000);
  const stopGateway = await host.watch();
  const stopCoordinator = watchEventLoop();
  transport.open();
  session.start();
  await coordinator.start();
  await done;
  const gateway = await stopGateway();
  const own = stopCoordinator();
  await host.stop();
  await coordinator.stop();
  await session.stop();
  await transport.close();
  await broker.stop();
  const parameters = parameterLayout(model).size;
  return { name: `${preset} ${size}`, parameters, gateway, coordinator: own, rounds, versions };
}

/** Flows that feed a train node with windows of noise, their labels in turn. */
function gatewayFlows(url: string, [length, channels]: JoiningCase['input'], budget: number): object[] {
  const place = { z: 'tab', x: 100, y: 100 };
  const code = `const turn = (context.get('turn') ?? 0) + 1;
context.set('turn', turn);
msg.label = ${JSON.stringify(labels)}[turn % ${labels.length}];
msg.payload = Array.from({ length: ${length * channels} }, () => Math.random() - 0.5);
return msg;`;
  return [
    { id: 'tab', type: 'tab', label: 'joining', env: [] },
    { id: 'broker', type: 'ftte-federation', federation, gateway: 'gateway', broker: 'url', url },
    {
      id: 'tick',
      type: 'inject',
      ...place,
      props: [],
      repeat: String(windowSeconds),
      once: true,
      onceDelay: 0.1,
      wires: [['noise']],
    },
    { id: 'noise', type: 'function', ...place, func: code, outputs: 1, libs: [], wires: [['train']] },
    {
      id: 'train',
      type: 'ftte-train',
      ...place,
      federation: 'broker',
      budget: String(Math.ceil(budget)),
      trigger: 'windows',
      newWindows: String(roundWindows),
      unlabelled: 'count',
      wires: [['sink'], []],
    },
    { id: 'sink', type: 'debug', ...place, active: false, wires: [] },
  ];
}
