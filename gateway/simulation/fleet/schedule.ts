import { type Random, RandomSet } from '../../platform';
import { cohortSize } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';

/** Decides which client trains when, as the triggers of gateways do in the field. */
export interface Schedule {
  /** Lets rounds start. */
  begin(version: number): void;
  /** The client is online, holds a model and does not train. */
  free(client: number): void;
  /** The client's round has ended; `free` or `gone` follows. */
  ended(client: number, lost: boolean): void;
  /** The client cannot start rounds until it is free again. */
  gone(client: number): void;
  /** The coordinator made a version. */
  version(version: number): void;
  /** A client has received a version. */
  received(client: number, version: number): void;
}

/** Actions and facts of the fleet that a schedule needs. */
export interface ScheduledFleet {
  /** Starts a round, or asks for a grant; false if the client can do neither (too few samples). */
  start(client: number): boolean;
  /** The version that the client holds. */
  versionOf(client: number): number;
}

/** Creates the schedule of a scenario. */
export function createSchedule(spec: Scenario['schedule'], fleet: ScheduledFleet, random: Random): Schedule {
  switch (spec.kind) {
    case 'continuous':
      return new ContinuousSchedule(spec.concurrency, spec.next, fleet, random);
    case 'rounds':
      return new RoundsSchedule(cohortSize(spec.clients, spec.overSelection), fleet, random);
    case 'granted':
      return new GrantedSchedule(fleet);
  }
}

/** Every client always asks for a round: the coordinator's grants decide. */
class GrantedSchedule implements Schedule {
  private readonly freeBeforeBegin = new Set<number>();
  private begun = false;

  constructor(private readonly fleet: ScheduledFleet) {}

  begin(): void {
    this.begun = true;
    for (const client of this.freeBeforeBegin) this.fleet.start(client);
    this.freeBeforeBegin.clear();
  }

  free(client: number): void {
    if (this.begun) this.fleet.start(client);
    else this.freeBeforeBegin.add(client);
  }

  gone(client: number): void {
    this.freeBeforeBegin.delete(client);
  }

  ended(): void {}
  version(): void {}
  received(): void {}
}

/** A fixed number of clients train at any time, if there are enough (FedBuff's concurrency). */
class ContinuousSchedule implements Schedule {
  private readonly idle = new RandomSet<number>();
  private running = 0;
  private begun = false;
  /** The client that starts its next round as soon as it is free. */
  private repeating: number | undefined;

  constructor(
    private readonly concurrency: number,
    private readonly next: 'uniform' | 'same',
    private readonly fleet: ScheduledFleet,
    private readonly random: Random,
  ) {}

  begin(): void {
    this.begun = true;
    this.fill();
  }

  free(client: number): void {
    this.idle.add(client);
    if (this.repeating === client && this.begun && this.running < this.concurrency) {
      this.idle.remove(client);
      if (this.fleet.start(client)) this.running++;
    }
    this.repeating = undefined;
    this.fill();
  }

  ended(client: number): void {
    this.running--;
    if (this.next === 'same') this.repeating = client;
  }

  gone(client: number): void {
    this.idle.remove(client);
    if (this.repeating === client) this.repeating = undefined;
    this.fill();
  }

  version(): void {}
  received(): void {}

  private fill(): void {
    while (this.begun && this.running < this.concurrency) {
      const client = this.idle.draw(this.random);
      if (client === undefined) return;
      if (this.fleet.start(client)) this.running++;
    }
  }
}

/**
 * One cohort per version (McMahan 2017), chosen when the version is made; each member starts when it has received the
 * version. A client that loses its round, or goes before it starts, is replaced.
 */
class RoundsSchedule implements Schedule {
  private readonly idle = new RandomSet<number>();
  private current = -1;
  /** Members of the cohort that wait for the version. */
  private readonly waiting = new Set<number>();
  /** Members that have started or finished. */
  private readonly members = new Set<number>();

  constructor(
    private readonly size: number,
    private readonly fleet: ScheduledFleet,
    private readonly random: Random,
  ) {}

  begin(version: number): void {
    this.version(version);
  }

  free(client: number): void {
    this.idle.add(client);
    this.fill();
  }

  ended(client: number, lost: boolean): void {
    if (lost) this.members.delete(client);
  }

  gone(client: number): void {
    this.idle.remove(client);
    this.waiting.delete(client);
    this.fill();
  }

  version(version: number): void {
    this.current = version;
    this.members.clear();
    for (const client of this.waiting) this.idle.add(client);
    this.waiting.clear();
    this.fill();
  }

  received(client: number, version: number): void {
    if (version < this.current || !this.waiting.delete(client)) return;
    this.start(client);
    this.fill();
  }

  private fill(): void {
    if (this.current < 0) return;
    const passedOver: number[] = [];
    while (this.members.size + this.waiting.size < this.size) {
      const client = this.idle.draw(this.random);
      if (client === undefined) break;
      // No client is in one cohort twice.
      if (this.members.has(client)) passedOver.push(client);
      else if (this.fleet.versionOf(client) >= this.current) this.start(client);
      else this.waiting.add(client);
    }
    for (const client of passedOver) this.idle.add(client);
  }

  private start(client: number): void {
    if (this.fleet.start(client)) this.members.add(client);
  }
}
