import { messageOf } from '../../platform';
import { Availability } from '../fleet/availability';
import { createSchedule, type Schedule } from '../fleet/schedule';
import { randomStream } from '../random/random-streams';
import type { StandstillRecord } from '../results/results';
import { SimulatedClient } from './simulated-client';
import type { SimulationContext } from './simulation-context';

/** The clients of a run. The schedule of the scenario decides which of them train, and its availability which are there. */
export class SimulatedFleet {
  /** Rounds that ended without an update. */
  lostRounds = 0;
  /** Rounds that ended since the newest version. */
  roundsSince = 0;
  private rounds = 0;
  private droppedRounds = 0;
  private readonly left = new Set<number>();
  private readonly clients: readonly SimulatedClient[];
  private readonly schedule: Schedule;
  private readonly availability: Availability;

  constructor(private readonly context: SimulationContext) {
    const { scenario, fleet, loop, seed } = context;
    this.schedule = createSchedule(
      scenario.schedule,
      { start: (i) => this.client(i).train(), versionOf: (i) => this.client(i).version },
      randomStream(seed, 'schedule'),
    );
    this.clients = fleet.clients.map(
      (profile, i) =>
        new SimulatedClient(i, profile, context, {
          onVersion: (version) => this.received(i, version),
          onReady: () => {
            if (scenario.schedule.kind === 'granted') this.freeIfReady(i);
          },
          onRoundEnd: (lost, dropped) => this.roundEnded(i, lost, dropped),
        }),
    );
    this.availability = new Availability(scenario.availability, loop, seed, {
      join: (i) => this.join(i),
      leave: (i) => this.leave(i),
      disconnect: (i) => this.disconnect(i),
      reconnect: (i) => this.reconnect(i),
    });
  }

  /** Connects the clients that are there from the start. @returns whether all of them are ready */
  connect(): () => boolean {
    const present = this.context.fleet.clients.flatMap(({ joinsAtMs }, i) => (joinsAtMs > 0 ? [] : [i]));
    for (const i of present) this.join(i);
    return () => present.every((i) => this.client(i).ready);
  }

  /** Lets rounds start, and clients come and go. */
  begin(version: number): void {
    this.availability.begin(this.context.fleet.clients);
    this.schedule.begin(version);
  }

  /** The coordinator made a version. */
  version(version: number): void {
    this.schedule.version(version);
  }

  /** Obstacles that keep clients from training at this time. */
  standstill(): StandstillRecord {
    const obstacles: Record<string, number> = {};
    this.clients.forEach(({ obstacle }, i) => {
      if (obstacle !== undefined && !this.left.has(i)) obstacles[obstacle] = (obstacles[obstacle] ?? 0) + 1;
    });
    const { task, fleet } = this.context;
    return {
      left: this.left.size,
      rounds: this.rounds,
      droppedRounds: this.droppedRounds,
      obstacles,
      minSamples: task.training.minSamples,
      mostSamples: fleet.clients.reduce((most, { samples }) => Math.max(most, samples.length), 0),
    };
  }

  /** No client comes or goes any more. */
  end(): void {
    this.availability.end();
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.stop()));
  }

  private client(i: number): SimulatedClient {
    return this.clients[i] as SimulatedClient;
  }

  private join(i: number): void {
    this.client(i)
      .join()
      .catch((error) => this.context.onProblem(messageOf(error)));
  }

  private leave(i: number): void {
    this.left.add(i);
    this.schedule.gone(i);
    // Not held: a goodbye needs the clock to move.
    this.client(i)
      .stop()
      .catch((error) => this.context.onProblem(messageOf(error)));
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

  private roundEnded(i: number, lost: boolean, dropped: boolean): void {
    this.rounds++;
    if (lost) this.lostRounds++;
    if (lost && dropped) this.droppedRounds++;
    this.roundsSince++;
    this.schedule.ended(i, lost);
    this.freeIfReady(i);
  }

  private freeIfReady(i: number): void {
    const client = this.client(i);
    if (client.online && !client.busy && client.ready) this.schedule.free(i);
  }
}
