import type { Connection } from '../../client';
import type { ProgramRequest } from '../../engine';
import { type HeldOutWindows, ModelFollower, Participant } from '../../participant';
import { messageOf } from '../../platform';
import { stepOperations } from '../../selection';
import { SampleStore } from '../../stream';
import type { Task } from '../../task';
import { type Examples, sampleOf } from '../data/examples';
import type { ClientProfile } from '../fleet/fleet';
import type { SimulatedTransport } from '../network/simulated-transport';
import { SimulatedTrainer } from '../pool/simulated-trainer';
import { keysOf, randomStream } from '../random/random-streams';
import type { Scenario } from '../scenario/scenario-schema';
import { simulatedConnection } from './simulated-connection';
import type { SimulationContext } from './simulation-context';

/** One gateway of the fleet: the production roles over a simulated connection and engine. */
export class SimulatedClient {
  private readonly transport: SimulatedTransport;
  private readonly connection: Connection;
  private readonly follower: ModelFollower;
  private readonly participant: Participant;
  private training = false;
  private isReady = false;
  private rounds = 0;
  private started = false;
  private obstacleNow: string | undefined;
  /** Whether the scenario takes the result of the newest round away. */
  private dropped = false;

  constructor(
    index: number,
    readonly profile: ClientProfile,
    context: SimulationContext,
    events: ClientEvents,
  ) {
    const { loop, network, speed, seed, task } = context;
    const { clock } = loop;
    const random = randomStream(seed, `client/${index}`);
    const { id } = profile;
    const { connection, transport } = simulatedConnection(
      { network, speed, client: index },
      context,
      id,
      random,
    );
    this.connection = connection;
    this.transport = transport;
    const { session } = connection;
    this.follower = new ModelFollower({ session, clock, random, memory: context.models });
    this.participant = new Participant({
      session,
      follower: this.follower,
      trainer: this.trainer(index, context),
      onConnection: (listener) => this.transport.onState(listener),
      budgetBytes: profile.budgetBytes,
      // The schedule starts each round.
      trigger: { newWindows: 0, intervalMs: 0 },
      outboxFolder: undefined,
      store: storeOf(profile.samples, task, context.examples, random),
      ...(context.evaluator && {
        heldOut: heldOutOf(storeOf(profile.heldOut, task, context.examples, random)),
      }),
      clock,
      random,
      software: 'simulation',
      choosePlan: context.choosePlan,
      privacy: { account: context.account, makeKey: keysOf(seed, index) },
    });
    this.follower.on('version', ({ version }) => events.onVersion(version));
    this.participant.on('problem', (error) => context.onProblem(`${id}: ${messageOf(error)}`));
    this.participant.on('status', ({ phase, rounds }) => {
      if (!this.isReady && phase === 'collecting') {
        this.isReady = true;
        events.onReady();
      }
      const ended = this.training && phase !== 'training';
      this.training = phase === 'training';
      if (!ended) return;
      const lost = rounds === this.rounds;
      this.rounds = rounds;
      events.onRoundEnd(lost, this.dropped);
    });
  }

  /** The version that it holds; -1 before the first. */
  get version(): number {
    return this.follower.parameters ? this.follower.version : -1;
  }

  /** Whether it has a model, or a way to one, that a round could start from. */
  get ready(): boolean {
    return this.version >= 0 || (this.isReady && this.follower.trainable);
  }

  get online(): boolean {
    return this.transport.state === 'online';
  }

  /** Why it could not start a round when it last should; undefined if it could. */
  get obstacle(): string | undefined {
    return this.obstacleNow;
  }

  get busy(): boolean {
    return this.training;
  }

  async join(): Promise<void> {
    this.started = true;
    this.connection.open();
    await Promise.all([this.follower.start(), this.participant.start()]);
  }

  /** Starts a round, or asks for a grant; false if it can do neither. */
  train(): boolean {
    const outcome = this.participant.trainNow();
    const begins = outcome === 'started' || outcome === 'asked';
    this.obstacleNow = begins ? undefined : outcome;
    return begins;
  }

  disconnect(): void {
    this.transport.drop();
  }

  reconnect(): void {
    this.transport.open();
  }

  /** Stops participant, follower, session and transport, in this order. */
  async stop(): Promise<void> {
    if (this.started) {
      await this.participant.stop();
      await this.follower.stop();
    }
    await this.connection.close();
  }

  private trainer(index: number, context: SimulationContext): SimulatedTrainer {
    const { pool, engineOf, loop, memoryOf, scenario, fleet, seed } = context;
    const random = randomStream(seed, `rounds/${index}`);
    return new SimulatedTrainer({
      pool: engineOf(index, pool),
      clock: loop.clock,
      hold: loop.hold,
      memoryOf,
      evaluate: context.evaluator?.evaluate,
      isLost: () => {
        this.dropped = random.uniform() < scenario.availability.dropout;
        return this.dropped;
      },
      durationMs: (request, samples, { epochs }) =>
        fleet.delay.computeMs(index, normalMs(scenario.delay, request, samples, epochs), random),
    });
  }
}

/** Callbacks of a client. */
export interface ClientEvents {
  /** The client holds a newer version. */
  readonly onVersion: (version: number) => void;
  /** The client has the task and enough samples: it could train if a round is granted. */
  readonly onReady: () => void;
  /**
   * @param lost it gave no update
   * @param dropped because the scenario's `dropout` says so
   */
  readonly onRoundEnd: (lost: boolean, dropped: boolean) => void;
}

/** A store with all of these samples: it is large enough that no reservoir drops one. */
function storeOf(
  samples: readonly number[],
  task: Task,
  examples: Examples,
  random: ReturnType<typeof randomStream>,
): SampleStore {
  const labels = Math.max(1, task.labels.length);
  const store = new SampleStore({ capacity: Math.max(1, samples.length) * labels, random });
  store.fit(task);
  for (const i of samples) store.add(sampleOf(examples, i));
  return store;
}

/** Held-out windows that were chosen before: no further window comes. */
function heldOutOf(store: SampleStore): HeldOutWindows {
  return {
    ...{ store, fit: () => {}, take: () => 'train', clear: () => store.clear() },
    recall: () => Promise.resolve(),
  };
}

/** Computing time of a round on a client of normal speed, ms. */
function normalMs(
  delay: Scenario['delay'],
  request: ProgramRequest,
  samples: number,
  epochs: number,
): number {
  if (delay.kind !== 'stragglers' || !request.plan) return 0;
  const { step } = delay;
  if (step.kind === 'fixed') return epochs * Math.ceil(samples / (request.batchSize ?? samples)) * step.ms;
  return (epochs * samples * operations(request)) / step.flopsPerSecond / 1e-3;
}

const operationsOfPlan = new WeakMap<object, number>();

/** Operations of a training step over one example; counted once per plan, because many clients share it. */
function operations({ model, plan }: ProgramRequest): number {
  if (!plan) return 0;
  let result = operationsOfPlan.get(plan);
  if (result === undefined) {
    result = stepOperations(model, plan);
    operationsOfPlan.set(plan, result);
  }
  return result;
}
