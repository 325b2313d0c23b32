import type { Coordinator, VersionReport } from '../coordinator';
import { PrivacyAccount } from '../participant';
import { messageOf } from '../platform';
import type { Prepared } from './fleet/prepare';
import { SimulatedNetwork } from './network/network';
import type { Pool } from './pool/pool';
import { judgeClients, judgePeople } from './recording/client-accuracies';
import { judgeFederated } from './recording/federated-record';
import { FleetPlans } from './recording/fleet-plans';
import { stragglerShares, trafficSums } from './recording/fleet-sums';
import { judgeVersion } from './recording/judge-version';
import { ProblemCounts } from './recording/problem-counts';
import { Recorder } from './recording/recorder';
import type { RunSummary, StopReason, VersionRecord } from './results/results';
import { SharedEvaluator } from './roles/shared-evaluator';
import { SharedModels, sharedDecoder } from './roles/shared-model';
import { SimulatedCoordinator } from './roles/simulated-coordinator';
import { SimulatedFleet } from './roles/simulated-fleet';
import type { SimulationContext } from './roles/simulation-context';
import { VirtualLoop } from './time/virtual-loop';

/** One run of a scenario with one seed: call `begin`, `runToStop`, `finish` and, whatever happens, `end`. */
export class SimulatedRun {
  private readonly loop = new VirtualLoop();
  private readonly network: SimulatedNetwork;
  private readonly fleet: SimulatedFleet;
  private readonly coordinator: SimulatedCoordinator;
  private readonly recorder: Recorder;
  private readonly plans = new FleetPlans();
  private readonly problems = new ProblemCounts();
  private recording: Promise<void> = Promise.resolve();
  /** Undefined until rounds may start. */
  private startMs: number | undefined;
  private readonly context: SimulationContext;

  constructor(
    private readonly prepared: Prepared,
    private readonly seed: number,
    private readonly options: SimulateSeedOptions,
  ) {
    const { scenario, task, examples } = prepared;
    const { loop } = this;
    this.network = new SimulatedNetwork(loop.clock, scenario.clients);
    this.recorder = new Recorder(scenario, seed, task.kind);
    const { upBytesPerSecond = Infinity, downBytesPerSecond = Infinity, latencyMs } = scenario.network;
    this.context = {
      scenario,
      task,
      examples,
      fleet: prepared.fleet(seed),
      warmStart: prepared.warmStart,
      seed,
      federation: 'simulation',
      loop,
      network: this.network,
      speed: { upBytesPerSecond, downBytesPerSecond, latencyMs },
      pool: options.pool,
      engineOf: options.engineOf ?? ((_, pool) => pool),
      models: new SharedModels(),
      evaluator: scenario.evaluation.federated ? new SharedEvaluator(prepared.model) : undefined,
      decode: sharedDecoder(),
      choosePlan: this.plans.choose,
      account: new PrivacyAccount(),
      memoryOf: this.plans.memoryOf,
      onProblem: (text) => this.problems.add(text),
    };
    this.coordinator = new SimulatedCoordinator(this.context);
    this.fleet = new SimulatedFleet(this.context);
  }

  /** Starts the coordinator, makes the warm start and connects the fleet; virtual time counts from here. */
  async begin(): Promise<void> {
    const { loop, role } = this;
    role.on('version', (report) => loop.hold(this.record(report)));
    role.on('notice', ({ code, text }) => {
      if (toldInSummary.has(code)) this.problems.add(text);
    });
    role.on('problem', (error) => this.problems.add(messageOf(error)));
    this.coordinator.connect();
    let ready = false;
    loop.hold(
      Promise.resolve().then(() => {
        role.start().then(
          () => {
            ready = true;
          },
          (error) => loop.hold(Promise.reject(error)),
        );
      }),
    );
    await loop.run(() => ready);
    this.coordinator.warmUp();
    const allReady = this.fleet.connect();
    await loop.run(() => this.interrupted || (!this.coordinator.warming && allReady()));
    this.startMs = loop.clock.now();
    this.fleet.begin(role.status.version);
  }

  /** Runs until the scenario's stop conditions, or until nothing is left to happen. */
  async runToStop(): Promise<StopReason> {
    const { stop } = this.prepared.scenario;
    const end = stop.virtualMs === undefined ? Infinity : (this.startMs ?? 0) + stop.virtualMs;
    const ended = () => this.interrupted || this.stalled || this.recorder.stop !== undefined;
    const more = await this.loop.run(() => ended() || this.nextDue > end);
    if (this.interrupted) return 'interrupted';
    if (this.recorder.stop) return this.recorder.stop;
    if (this.stalled) return 'stalled';
    return more ? 'time' : 'idle';
  }

  /** Judges the clients and sums up. */
  async finish(stopped: StopReason): Promise<RunResult> {
    const { prepared, recorder, network, context, role, seed } = this;
    const { scenario, judges } = prepared;
    const { parameters } = role.export(scenario.evaluation.model);
    const profiles = context.fleet.clients;
    const contributors = recorder.versions.flatMap(({ clients }) => clients);
    const { accepted, rejected } = role.status;
    const perPerson = await judgePeople(prepared, parameters, this.options.pool);
    const summary: RunSummary = {
      scenario: scenario.name,
      seed,
      stopped,
      judges,
      clients: profiles.length,
      ...(this.coordinator.warmStart && { warmStart: this.coordinator.warmStart }),
      ...recorder.summary(),
      virtualMs: this.now,
      uploads: accepted,
      rejected,
      lostRounds: this.fleet.lostRounds,
      standstill: this.fleet.standstill(),
      ...trafficSums(network.traffic, profiles.length),
      perClient: await judgeClients(prepared, profiles, parameters, this.options.pool),
      ...(perPerson && { perPerson }),
      plans: this.plans.rows(),
      stragglers: stragglerShares(profiles, contributors),
      problems: this.problems.byKind(),
    };
    return { summary, versions: recorder.versions, parameters };
  }

  /** Stops everything; goodbyes take their time on the link, too. */
  async end(): Promise<void> {
    this.fleet.end();
    const stopping = (async () => {
      await this.fleet.stop();
      await this.coordinator.stop();
    })();
    let stopped = false;
    const settled = () => {
      stopped = true;
    };
    stopping.then(settled, settled);
    await this.loop.run(() => stopped);
    await stopping;
    this.context.evaluator?.release();
  }

  private get role(): Coordinator {
    return this.coordinator.role;
  }

  private get interrupted(): boolean {
    return this.options.signal?.aborted ?? false;
  }

  /** Only a version can end the run, and none will come. */
  private get stalled(): boolean {
    const { constant, perClient } = fruitlessRounds;
    return this.fleet.roundsSince > constant + perClient * this.prepared.scenario.clients;
  }

  /** Virtual time since the fleet was ready; 0 before. */
  private get now(): number {
    return this.startMs === undefined ? 0 : this.loop.clock.now() - this.startMs;
  }

  private get nextDue(): number {
    return this.loop.clock.nextDue ?? 0;
  }

  /** Judges versions side by side and records them in their order. */
  private record(report: VersionReport): Promise<void> {
    const { recorder, role, network, options, prepared } = this;
    const { total } = network.traffic;
    this.fleet.roundsSince = 0;
    const counters = {
      timeMs: this.now,
      uploads: role.status.accepted,
      bytesUp: total.up,
      bytesDown: total.down,
    };
    const { parameters } = recorder.isDue(report.version)
      ? role.export(prepared.scenario.evaluation.model)
      : { parameters: undefined };
    const judging = parameters && judgeVersion(prepared, parameters, options.pool);
    const federated =
      parameters && judgeFederated(prepared, this.context.fleet, report, parameters, options.pool);
    // The version of a warm start comes before the schedule begins, and the schedule begins with it.
    if (this.startMs !== undefined) this.fleet.version(report.version);
    this.recording = Promise.all([judging, federated, this.recording]).then(([judged, reported]) => {
      if (recorder.stop !== undefined) return;
      const record = recorder.add(report, counters, judged, reported);
      options.onVersion?.(record);
    });
    return this.recording;
  }
}

/** Notices of the coordinator that explain a result. */
const toldInSummary: ReadonlySet<string> = new Set(['diverged', 'no-better', 'one-label', 'rate-large']);

/** A run is given up after this many rounds without a new version: a constant, plus a number for each client. */
const fruitlessRounds = { constant: 1000, perClient: 2 };

/** Options of one run. */
export interface SimulateSeedOptions {
  /** Trains and evaluates for the run. */
  readonly pool: Pool;
  readonly onVersion?: (record: VersionRecord) => void;
  /** The engine of a gateway, by its number, in place of the pool: for experiments in which some gateways lie. */
  readonly engineOf?: (client: number, pool: Pick<Pool, 'train'>) => Pick<Pool, 'train'>;
  /** Ends the run early; its results so far are kept. */
  readonly signal?: AbortSignal;
}

/** Results of one run. */
export interface RunResult {
  readonly summary: RunSummary;
  readonly versions: readonly VersionRecord[];
  /** The last model, flat: the average or the current version, as `evaluation.model` of the scenario says. */
  readonly parameters: Float32Array;
}
