import type { Coordinator, VersionReport } from '../coordinator';
import { messageOf } from '../platform';
import { Availability } from './fleet/availability';
import type { Prepared } from './fleet/prepare';
import { createSchedule, type Schedule } from './fleet/schedule';
import { SimulatedNetwork } from './network/network';
import { VirtualLoop } from './network/virtual-loop';
import type { Pool } from './pool/pool';
import { stream } from './random/random-streams';
import { judgeClients } from './recording/client-accuracies';
import { FleetPlans } from './recording/fleet-plans';
import { stragglerShares, trafficSums } from './recording/fleet-sums';
import { judgeVersion } from './recording/judge-version';
import { Recorder } from './recording/recorder';
import type { RunSummary, StopReason, VersionRecord } from './results/results';
import { SimulatedClient, type SimulationContext } from './roles/client';
import { SharedModels, sharedDecoder } from './roles/shared-model';
import { SimulatedCoordinator } from './roles/simulated-coordinator';

/** Who trains for a run, and who hears of it. */
export interface SimulateOptions {
  readonly pool: Pool;
  readonly onVersion?: (record: VersionRecord) => void;
  /** Ends the run early; what it has is kept. */
  readonly signal?: AbortSignal;
}

/** What a run came to. */
export interface RunResult {
  readonly summary: RunSummary;
  readonly versions: readonly VersionRecord[];
  /** The last model that would be used, flat: as `evaluation.model` says. */
  readonly parameters: Float32Array;
}

/**
 * One run of a scenario: the production Participant, Session, ModelFollower and Coordinator on a virtual clock, real
 * training in the real engine, real messages. Equal (scenario, seed) give equal results, to the bit, whatever the
 * number of threads. Virtual time is 0 until the fleet is ready: a warm start comes before it and is not counted.
 */
export async function simulate(
  prepared: Prepared,
  seed: number,
  options: SimulateOptions,
): Promise<RunResult> {
  const run = new Run(prepared, seed, options);
  try {
    await run.begin();
    const stopped = await run.go();
    return await run.finish(stopped);
  } finally {
    await run.end();
  }
}

/** Rounds that end without a version before a run is given up, for each client and besides. */
const fruitlessRounds = { eachClient: 2, besides: 1000 };

class Run {
  private readonly loop = new VirtualLoop();
  private readonly network: SimulatedNetwork;
  private readonly clients: SimulatedClient[];
  private readonly centre: SimulatedCoordinator;
  private readonly schedule: Schedule;
  private readonly recorder: Recorder;
  private readonly availability: Availability;
  private readonly plans = new FleetPlans();
  private readonly problems = new Map<string, number>();
  private lostRounds = 0;
  /** Rounds since the newest version. */
  private roundsSince = 0;
  private recording: Promise<void> = Promise.resolve();
  /** Undefined until rounds may start. */
  private startMs: number | undefined;
  private readonly around: SimulationContext;

  constructor(
    private readonly prepared: Prepared,
    private readonly seed: number,
    private readonly options: SimulateOptions,
  ) {
    const { scenario, task, examples } = prepared;
    const fleet = prepared.fleet(seed);
    const { loop } = this;
    this.network = new SimulatedNetwork(loop.clock, scenario.clients);
    this.recorder = new Recorder(scenario, seed);
    const { upBytesPerSecond = Infinity, downBytesPerSecond = Infinity, latencyMs } = scenario.network;
    this.around = {
      scenario,
      task,
      examples,
      fleet,
      warmStart: prepared.warmStart,
      seed,
      federation: 'simulation',
      loop,
      network: this.network,
      speed: { upBytesPerSecond, downBytesPerSecond, latencyMs },
      pool: options.pool,
      models: new SharedModels(),
      decode: sharedDecoder(),
      choosePlan: this.plans.choose,
      memoryOf: this.plans.memoryOf,
      onProblem: (text) => this.problem(text),
    };
    this.centre = new SimulatedCoordinator(this.around);
    this.schedule = createSchedule(
      scenario.schedule,
      { start: (i) => this.client(i).train(), versionOf: (i) => this.client(i).version },
      stream(seed, 'schedule'),
    );
    this.clients = fleet.clients.map(
      (profile, i) =>
        new SimulatedClient(i, profile, this.around, {
          onVersion: (version) => this.received(i, version),
          onReady: () => {
            if (scenario.schedule.kind === 'granted') this.freeIfReady(i);
          },
          onRoundEnd: (lost) => this.roundEnded(i, lost),
        }),
    );
    this.availability = new Availability(scenario.availability, loop, seed, {
      join: (i) => this.join(i),
      leave: (i) => this.leave(i),
      disconnect: (i) => this.disconnect(i),
      reconnect: (i) => this.reconnect(i),
    });
  }

  /** Coordinator up, warm start made, fleet connected and able to train: virtual time counts from here. */
  async begin(): Promise<void> {
    const { loop, coordinator } = this;
    coordinator.on('version', (report) => loop.hold(this.record(report)));
    coordinator.on('problem', (error) => this.problem(messageOf(error)));
    this.centre.connect();
    let ready = false;
    loop.hold(
      Promise.resolve().then(() => {
        coordinator.start().then(
          () => {
            ready = true;
          },
          (error) => loop.hold(Promise.reject(error)),
        );
      }),
    );
    await loop.run(() => ready);
    this.centre.warmUp();
    const present = this.around.fleet.clients.flatMap(({ joinsAtMs }, i) => (joinsAtMs > 0 ? [] : [i]));
    for (const i of present) this.join(i);
    await loop.run(
      () => this.interrupted || (!this.centre.warming && present.every((i) => this.client(i).ready)),
    );
    this.startMs = loop.clock.now();
    this.availability.begin(this.around.fleet.clients);
    this.schedule.begin(coordinator.status.version);
  }

  async go(): Promise<StopReason> {
    const { stop } = this.prepared.scenario;
    const end = stop.virtualMs === undefined ? Infinity : (this.startMs ?? 0) + stop.virtualMs;
    const ended = () => this.interrupted || this.stalled || this.recorder.stop !== undefined;
    const more = await this.loop.run(() => ended() || this.nextDue > end);
    if (this.interrupted) return 'interrupted';
    if (this.recorder.stop) return this.recorder.stop;
    if (this.stalled) return 'stalled';
    return more ? 'time' : 'idle';
  }

  async finish(stopped: StopReason): Promise<RunResult> {
    const { prepared, recorder, network, around, coordinator, seed } = this;
    const { scenario, judges } = prepared;
    const { parameters } = coordinator.export(scenario.evaluation.model);
    const profiles = around.fleet.clients;
    const contributors = recorder.versions.flatMap(({ clients }) => clients);
    const { accepted, rejected } = coordinator.status;
    const summary: RunSummary = {
      scenario: scenario.name,
      seed,
      stopped,
      judges,
      clients: profiles.length,
      ...(this.centre.warmStart && { warmStart: this.centre.warmStart }),
      ...recorder.summary(),
      virtualMs: this.now,
      uploads: accepted,
      rejected,
      lostRounds: this.lostRounds,
      ...trafficSums(network.traffic, profiles.length),
      perClient: await judgeClients(prepared, profiles, parameters, this.options.pool),
      plans: this.plans.rows(),
      stragglers: stragglerShares(profiles, contributors),
      problems: Object.fromEntries(this.problems),
    };
    return { summary, versions: recorder.versions, parameters };
  }

  /** Stops everything; goodbyes take their time on the line, too. */
  async end(): Promise<void> {
    this.availability.end();
    const stopping = (async () => {
      await Promise.all(this.clients.map((client) => client.stop()));
      await this.centre.stop();
    })();
    let stopped = false;
    const settled = () => {
      stopped = true;
    };
    stopping.then(settled, settled);
    await this.loop.run(() => stopped);
    await stopping;
  }

  private get coordinator(): Coordinator {
    return this.centre.role;
  }

  private get interrupted(): boolean {
    return this.options.signal?.aborted ?? false;
  }

  /** A version alone may end the run, and none will come. */
  private get stalled(): boolean {
    const { eachClient, besides } = fruitlessRounds;
    return this.roundsSince > besides + eachClient * this.prepared.scenario.clients;
  }

  /** Virtual time since the fleet was ready; 0 before. */
  private get now(): number {
    return this.startMs === undefined ? 0 : this.loop.clock.now() - this.startMs;
  }

  private get nextDue(): number {
    return this.loop.clock.nextDue ?? 0;
  }

  private client(i: number): SimulatedClient {
    return this.clients[i] as SimulatedClient;
  }

  private join(i: number): void {
    this.client(i)
      .join()
      .catch((error) => this.problem(messageOf(error)));
  }

  private leave(i: number): void {
    this.schedule.gone(i);
    // Not held: a goodbye needs the clock.
    this.client(i)
      .stop()
      .catch((error) => this.problem(messageOf(error)));
  }

  private disconnect(i: number): void {
    this.client(i).disconnect();
    this.schedule.gone(i);
  }

  private reconnect(i: number): void {
    this.client(i).reconnect();
    this.freeIfReady(i);
  }

  private received(i: number, version: number): void {
    this.freeIfReady(i);
    this.schedule.received(i, version);
  }

  private roundEnded(i: number, lost: boolean): void {
    if (lost) this.lostRounds++;
    this.roundsSince++;
    this.schedule.ended(i, lost);
    this.freeIfReady(i);
  }

  private freeIfReady(i: number): void {
    const client = this.client(i);
    if (client.online && !client.busy && client.ready) this.schedule.free(i);
  }

  /** Versions are judged side by side, and kept in their order. */
  private record(report: VersionReport): Promise<void> {
    const { recorder, coordinator, network, options, prepared } = this;
    const { total } = network.traffic;
    this.roundsSince = 0;
    const counters = {
      timeMs: this.now,
      uploads: coordinator.status.accepted,
      bytesUp: total.up,
      bytesDown: total.down,
    };
    const judging = recorder.isDue(report.version)
      ? judgeVersion(
          prepared,
          coordinator.export(prepared.scenario.evaluation.model).parameters,
          options.pool,
        )
      : Promise.resolve(undefined);
    // A warm start's version comes before the schedule begins, which then goes by it.
    if (this.startMs !== undefined) this.schedule.version(report.version);
    this.recording = Promise.all([judging, this.recording]).then(([judged]) => {
      if (recorder.stop !== undefined) return;
      const record = recorder.add(report, counters, judged);
      options.onVersion?.(record);
    });
    return this.recording;
  }

  /** Problems differ by their numbers and names only: told once each kind. */
  private problem(text: string): void {
    const kind = text.replace(/client-\d+: /, '').replace(/[0-9a-f]{16}|\d+(\.\d+)?/g, '#');
    this.problems.set(kind, (this.problems.get(kind) ?? 0) + 1);
  }
}
