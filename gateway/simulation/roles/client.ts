import type { MemoryReport, ProgramRequest } from '../../engine';
import { ModelFollower, Participant, type PlanChooser } from '../../participant';
import { messageOf } from '../../platform';
import { stepOperations } from '../../selection';
import { TransportSession } from '../../session';
import { SampleStore } from '../../stream';
import type { Task } from '../../task';
import type { decodeMessage } from '../../wire';
import type { WarmStart } from '../data/warm-start';
import type { ClientProfile, Fleet } from '../fleet/fleet';
import type { LinkSpeed, SimulatedNetwork } from '../network/network';
import { SimulatedTransport } from '../network/simulated-transport';
import type { VirtualLoop } from '../network/virtual-loop';
import type { Pool } from '../pool/pool';
import { type Examples, sampleOf } from '../pool/pool-host';
import { SimulatedTrainer } from '../pool/simulated-trainer';
import { stream } from '../random/random-streams';
import type { Scenario } from '../scenario/scenario-schema';
import type { SharedModels } from './shared-model';

/** What all clients of a run share. */
export interface SimulationContext {
  readonly scenario: Scenario;
  readonly task: Task;
  readonly examples: Examples;
  readonly fleet: Fleet;
  /** What the coordinator is fed, if anything. */
  readonly warmStart: WarmStart | undefined;
  readonly seed: number;
  readonly federation: string;
  readonly loop: VirtualLoop;
  readonly network: SimulatedNetwork;
  readonly speed: LinkSpeed;
  readonly pool: Pool;
  readonly models: SharedModels;
  readonly decode: typeof decodeMessage;
  readonly choosePlan: PlanChooser;
  readonly memoryOf: (request: ProgramRequest) => MemoryReport;
  readonly onProblem: (text: string) => void;
}

export interface ClientEvents {
  /** It holds a newer version. */
  readonly onVersion: (version: number) => void;
  /** It could train, where rounds are granted: it knows what is learned. */
  readonly onReady: () => void;
  readonly onRoundEnd: (lost: boolean) => void;
}

/** One gateway of the fleet: the production roles over a simulated connection and engine. */
export class SimulatedClient {
  private readonly transport: SimulatedTransport;
  private readonly session: TransportSession;
  private readonly follower: ModelFollower;
  private readonly participant: Participant;
  private training = false;
  private isReady = false;
  private rounds = 0;
  private started = false;

  constructor(
    index: number,
    readonly profile: ClientProfile,
    around: SimulationContext,
    events: ClientEvents,
  ) {
    const { loop, federation, network, speed, seed, task } = around;
    const { clock } = loop;
    const random = stream(seed, `client/${index}`);
    const { id } = profile;
    this.transport = new SimulatedTransport({
      network,
      speed,
      client: index,
      will: TransportSession.will(federation, id),
    });
    this.session = new TransportSession({
      transport: this.transport,
      federation,
      id,
      clock,
      random,
      decode: around.decode,
    });
    this.follower = new ModelFollower({ session: this.session, clock, random, memory: around.models });
    this.participant = new Participant({
      session: this.session,
      follower: this.follower,
      trainer: this.trainer(index, around),
      onConnection: (listener) => this.transport.onState(listener),
      budgetBytes: profile.budgetBytes,
      // The schedule asks for each round.
      trigger: { newWindows: 0, intervalMs: 0 },
      outboxFolder: undefined,
      store: filledStore(profile, task, around.examples, random),
      clock,
      random,
      software: 'simulation',
      choosePlan: around.choosePlan,
    });
    this.follower.on('version', ({ version }) => events.onVersion(version));
    this.participant.on('problem', (error) => around.onProblem(`${id}: ${messageOf(error)}`));
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
      events.onRoundEnd(lost);
    });
  }

  /** The version it holds; -1 before there is one. */
  get version(): number {
    return this.follower.parameters ? this.follower.version : -1;
  }

  /** Whether a round could start from something. */
  get ready(): boolean {
    return this.version >= 0 || (this.isReady && this.follower.trainable);
  }

  get online(): boolean {
    return this.transport.state === 'online';
  }

  get busy(): boolean {
    return this.training;
  }

  /** Rounds whose update was handed on. */
  get finishedRounds(): number {
    return this.rounds;
  }

  async join(): Promise<void> {
    this.started = true;
    this.transport.open();
    this.session.start();
    await Promise.all([this.follower.start(), this.participant.start()]);
  }

  /** Starts a round, or asks for one; false where it cannot. */
  train(): boolean {
    const outcome = this.participant.trainNow();
    return outcome === 'started' || outcome === 'asked';
  }

  disconnect(): void {
    this.transport.drop();
  }

  reconnect(): void {
    this.transport.open();
  }

  /** Ends everything of it, in good order. */
  async stop(): Promise<void> {
    if (this.started) {
      await this.participant.stop();
      await this.follower.stop();
      await this.session.stop();
    }
    await this.transport.close();
  }

  private trainer(index: number, around: SimulationContext): SimulatedTrainer {
    const { pool, loop, memoryOf, scenario, fleet, seed } = around;
    const random = stream(seed, `rounds/${index}`);
    return new SimulatedTrainer({
      pool,
      clock: loop.clock,
      hold: loop.hold,
      memoryOf,
      isLost: () => random.uniform() < scenario.availability.dropout,
      durationMs: (request, samples, { epochs }) =>
        fleet.delay.computeMs(index, normalMs(scenario.delay, request, samples, epochs), random),
    });
  }
}

/** Holds every sample of the client: its reservoirs never have to choose. */
function filledStore(
  { samples }: ClientProfile,
  task: Task,
  examples: Examples,
  random: ReturnType<typeof stream>,
): SampleStore {
  const store = new SampleStore({ capacity: samples.length * task.labels.length, random });
  store.fit(task);
  for (const i of samples) store.add(sampleOf(examples, i));
  return store;
}

/** Computing time of a round on a client of normal speed. */
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

const known = new WeakMap<object, number>();

/** Of one example; plans are shared by many clients. */
function operations({ model, plan }: ProgramRequest): number {
  if (!plan) return 0;
  let result = known.get(plan);
  if (result === undefined) {
    result = stepOperations(model, plan);
    known.set(plan, result);
  }
  return result;
}
