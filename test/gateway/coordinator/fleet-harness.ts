import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CoordinatorOptions,
  type CoordinatorRole,
  createRole,
  type VersionReport,
} from '../../../gateway/coordinator';
import { densePlan, type Plan, parameterLayout } from '../../../gateway/model';
import { type Notice, SeededRandom, VirtualClock } from '../../../gateway/platform';
import { TransportSession } from '../../../gateway/session';
import { modelKey, parseTask, type Task, type TaskInput, taskModel } from '../../../gateway/task';
import { MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import type { Ack, Message, MessageType, Update } from '../../../gateway/wire';
import { aMoment } from '../../support/waiting';

/** A task of nine parameters: two inputs, three labels, one dense layer; with settings on top. */
export function tinyTask(settings: Partial<TaskInput> = {}): Task {
  return parseTask({
    name: 'tiny',
    input: { channels: [{ name: 'a' }, { name: 'b' }], rateHz: 1, length: 1, hop: 1, normalisation: 'none' },
    labels: ['rest', 'walk', 'run'],
    model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 3 }] },
    encoding: { update: 'float32', patch: 'float32' },
    ...settings,
  });
}

/** Waits until everything that was requested in this turn of the event loop has happened, the disk's part included. */
export async function settle(turns = 12): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits, one turn of the event loop at a time, until `condition` holds, because the disk may take long. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (let turn = 0; !condition(); turn++) {
    // A busy machine takes few turns in a minute.
    if (turn > 20_000 && performance.now() > deadline)
      throw new Error(`this did not happen in time: ${condition}`);
    await aMoment();
  }
}

/** A gateway as the coordinator sees it: it sends messages, and stores acknowledgements. */
export class Gateway {
  /** Verdicts, which are final. */
  readonly acks: Ack[] = [];
  /** Answers that an update cannot be kept at present. */
  readonly notStored: Ack[] = [];
  private count = 0;

  constructor(
    readonly session: TransportSession,
    readonly transport: MemoryTransport,
    readonly task: Task,
  ) {}

  get id(): string {
    return this.session.id;
  }

  async hello(budgetBytes = 100_000): Promise<void> {
    await this.session.subscribe('ack', (ack) =>
      (ack.status === 'not-stored' ? this.notStored : this.acks).push(ack),
    );
    await this.session.send({
      type: 'hello',
      budgetBytes,
      instance: 'i',
      software: 'test',
      modelKey: modelKey(this.task),
    });
  }

  /** An update whose delta is `values`, or the same value everywhere. */
  update(lineage: string, values: number | Float32Array, fields: Partial<Update> = {}): Update {
    const layout = parameterLayout(taskModel(this.task));
    const plan: Plan = fields.plan ?? densePlan(layout, 1);
    const delta = typeof values === 'number' ? new Float32Array(layout.size).fill(values) : values;
    const number = (++this.count).toString(16).padStart(8, '0');
    const owner = Buffer.from(this.id).toString('hex').slice(0, 8).padEnd(8, '0');
    return {
      type: 'update',
      id: owner + number,
      lineage,
      baseVersion: 0,
      plan,
      delta: { encoding: 'float32', values: delta },
      samples: 10,
      steps: 2,
      variance: 0,
      lossBefore: 1,
      lossAfter: 0.5,
      durationMs: 5,
      peakBytes: 1000,
      ...fields,
    };
  }

  async send(update: Update): Promise<void> {
    await this.session.send(update);
  }

  ackOf(update: Update): Ack | undefined {
    return this.acks.filter(({ id }) => id === update.id).at(-1);
  }
}

/** A coordinator with everything that it emitted. */
export interface Watched {
  readonly coordinator: CoordinatorRole;
  readonly session: TransportSession;
  readonly transport: MemoryTransport;
  readonly versions: VersionReport[];
  readonly notices: Notice[];
  readonly problems: Error[];
}

/** Ends a coordinator as the end of its process would: nothing is stopped, and its lock is one of a process that ended. */
export async function kill({ transport }: Watched, folder: string): Promise<void> {
  transport.drop({ stay: true });
  await rm(join(folder, 'lock'));
}

/** A broker, a virtual clock and a folder for coordinators and gateways; `close` stops everything that was created. */
export class Fleet {
  readonly broker = new MemoryBroker();
  private readonly closers: (() => Promise<void>)[] = [];
  private seed = 1;
  private root: string | undefined;

  constructor(
    readonly task: Task = tinyTask(),
    readonly clock = new VirtualClock(1_000_000),
  ) {}

  /** A folder that `close` removes. */
  async folder(name = 'coordinator'): Promise<string> {
    this.root ??= await mkdtemp(join(tmpdir(), 'ftte-coordinator-'));
    return join(this.root, name);
  }

  session(id: string): { session: TransportSession; transport: MemoryTransport } {
    const random = new SeededRandom(this.seed++);
    const instance = random.hex(8);
    const transport = new MemoryTransport(this.broker, {
      client: id,
      will: TransportSession.will('fed', id, instance),
    });
    const { clock } = this;
    const session = new TransportSession({ transport, federation: 'fed', id, instance, clock, random });
    session.start();
    transport.open();
    this.closers.push(async () => {
      await session.stop();
      await transport.close();
    });
    return { session, transport };
  }

  async gateway(id: string, budgetBytes?: number): Promise<Gateway> {
    const { session, transport } = this.session(id);
    const gateway = new Gateway(session, transport, this.task);
    await gateway.hello(budgetBytes);
    await settle(2);
    return gateway;
  }

  /** A coordinator on a session of its own, not started. */
  watch(options: Partial<CoordinatorOptions> = {}, id = 'hub'): Watched {
    const { session, transport } = this.session(id);
    return this.watchOn(session, transport, options);
  }

  watchOn(
    session: TransportSession,
    transport: MemoryTransport,
    options: Partial<CoordinatorOptions> = {},
  ): Watched {
    const coordinator = createRole({
      session,
      task: this.task,
      folder: undefined,
      clock: this.clock,
      random: new SeededRandom(this.seed++),
      onConnection: (listener) => transport.onState(listener),
      ...options,
    });
    const watched: Watched = { coordinator, session, transport, versions: [], notices: [], problems: [] };
    coordinator.on('version', (report) => watched.versions.push(report));
    coordinator.on('notice', (notice) => watched.notices.push(notice));
    coordinator.on('problem', (problem) => watched.problems.push(problem));
    this.closers.push(() => coordinator.stop());
    return watched;
  }

  /** Starts a coordinator and advances the clock while it listens for others. */
  async start(watched: Watched, listenMs = 1_500): Promise<Watched> {
    const { coordinator } = watched;
    const started = coordinator.start();
    let done = false;
    const end = () => {
      done = true;
    };
    started.then(end, end);
    // It has a lineage when its folder was read. Then it subscribes and listens.
    await until(() => done || coordinator.status.lineage !== '');
    await settle();
    this.clock.advance(listenMs);
    // A slow disk may have held up its start until after that, so that it listens only now.
    for (let turn = 1; !done; turn++) {
      await aMoment();
      if (turn % 500 === 0) this.clock.advance(listenMs);
    }
    await started;
    await settle();
    return watched;
  }

  /** A started coordinator. */
  async coordinator(options: Partial<CoordinatorOptions> = {}, id?: string): Promise<Watched> {
    return this.start(this.watch(options, id));
  }

  /** The messages of these types that the broker carries from now on, as a gateway receives them. */
  async listen(id: string, types: readonly Exclude<MessageType, 'chunk'>[]): Promise<Message<MessageType>[]> {
    const { session } = this.session(id);
    const messages: Message<MessageType>[] = [];
    for (const type of types) await session.subscribe(type, (message) => messages.push(message));
    await settle();
    return messages;
  }

  async close(): Promise<void> {
    for (const close of this.closers.reverse()) await close();
    if (this.root) await rm(this.root, { recursive: true, force: true });
  }
}
