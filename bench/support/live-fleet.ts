import {
  Coordinator,
  ModelFollower,
  MqttTransport,
  Participant,
  SampleStore,
  SeededRandom,
  systemClock,
  TransportSession,
  type VersionReport,
  WorkerTrainer,
} from '../../gateway';
import type { ClientProfile, Prepared } from '../../gateway/simulation';
import { SlowTrainer } from './slow-trainer';

/** A version of a live run, and the model that would be used then. */
export interface LiveVersion {
  readonly version: number;
  /** Since every gateway held the first model, ms on the real clock. */
  readonly timeMs: number;
  readonly contributions: VersionReport['contributions'];
  readonly parameters: Float32Array;
}

export interface LiveOptions {
  readonly url: string;
  readonly prepared: Prepared;
  readonly seed: number;
  readonly versions: number;
  /** Of a gateway at normal speed, and how many times slower the stragglers are. */
  readonly stepMs: number;
  readonly slowdown: number;
  readonly onVersion?: (version: LiveVersion) => void;
}

const coordinatorId = 'coordinator';

/**
 * The scenario's fleet for real: each gateway with a connection, a session, a training thread of its own, all the time
 * at its next round; the coordinator with another. Real broker, real clock.
 */
export async function runLive(options: LiveOptions): Promise<LiveVersion[]> {
  const { prepared, seed, versions } = options;
  const { task } = prepared;
  const federation = `live-${process.pid}-${seed}`;
  const random = new SeededRandom(seed);
  const connect = (id: string) => {
    const transport = new MqttTransport({
      url: options.url,
      clientId: `${federation}-${id}`,
      will: TransportSession.will(federation, id),
    });
    const session = new TransportSession({ transport, federation, id, clock: systemClock, random });
    return { transport, session };
  };
  const server = connect(coordinatorId);
  const coordinator = new Coordinator({ session: server.session, task, folder: undefined, random });
  const gateways = prepared.fleet(seed).clients.map((profile) => ({
    ...connect(profile.id),
    profile,
  }));
  const stops: (() => Promise<unknown>)[] = [];
  try {
    server.transport.open();
    server.session.start();
    await coordinator.start();
    const members = await Promise.all(
      gateways.map(async ({ transport, session, profile }) => {
        const member = makeGateway(options, profile, session, transport, random);
        transport.open();
        session.start();
        stops.push(async () => {
          await member.participant.stop();
          await member.follower.stop();
          await session.stop();
          await transport.close();
        });
        const held = new Promise<void>((resolve) => member.follower.on('version', () => resolve()));
        await Promise.all([member.follower.start(), member.participant.start(), held]);
        return member;
      }),
    );
    return await new Promise((resolve, reject) => {
      const start = performance.now();
      const made: LiveVersion[] = [];
      coordinator.on('version', ({ version, contributions }) => {
        const { parameters } = coordinator.export(prepared.scenario.evaluation.model);
        const record = { version, timeMs: performance.now() - start, contributions, parameters };
        made.push(record);
        options.onVersion?.(record);
        if (version >= versions) resolve(made);
      });
      coordinator.on('problem', reject);
      for (const { participant } of members) {
        participant.on('problem', reject);
        keepTraining(participant);
      }
    });
  } finally {
    await Promise.all(stops.map((stop) => stop()));
    await coordinator.stop();
    await server.session.stop();
    await server.transport.close();
  }
}

function makeGateway(
  { prepared, stepMs, slowdown }: LiveOptions,
  { samples, budgetBytes, speed }: ClientProfile,
  session: TransportSession,
  transport: MqttTransport,
  random: SeededRandom,
) {
  const { task, examples } = prepared;
  const { x, y, size } = examples;
  const store = new SampleStore({ capacity: samples.length * task.labels.length, random });
  store.fit(task);
  for (const i of samples) store.add({ window: x.subarray(i * size, (i + 1) * size), label: y[i] as number });
  const follower = new ModelFollower({ session, clock: systemClock, random });
  const participant = new Participant({
    session,
    follower,
    trainer: new SlowTrainer(new WorkerTrainer(), stepMs * (speed.isStraggler ? slowdown : 1)),
    onConnection: (listener) => transport.onState(listener),
    budgetBytes,
    trigger: { newWindows: 0, intervalMs: 0 },
    outboxFolder: undefined,
    store,
    clock: systemClock,
    random,
  });
  return { participant, follower };
}

/** A round after the other. */
function keepTraining(participant: Participant): void {
  let training = false;
  const next = () => {
    training = participant.trainNow() === 'started' || training;
  };
  participant.on('status', ({ phase }) => {
    const ended = training && phase !== 'training' && phase !== 'stopped';
    training = phase === 'training';
    // Not from within the event: the round that ended is still being put away.
    if (ended) setImmediate(next);
  });
  next();
}
