import type { Timer } from '../../platform';
import type { VirtualLoop } from '../network/virtual-loop';
import { exponential } from '../random/distributions';
import { stream } from '../random/random-streams';
import type { Scenario } from '../scenario/scenario-schema';
import type { ClientProfile } from './fleet';

export interface AvailabilityActions {
  readonly join: (client: number) => void;
  readonly leave: (client: number) => void;
  readonly disconnect: (client: number) => void;
  readonly reconnect: (client: number) => void;
}

/** Lets clients come, go, and lose their connection for a while, as the scenario and their profiles say. */
export class Availability {
  private readonly timers = new Map<number, Timer>();
  private readonly gone = new Set<number>();
  private ended = false;

  constructor(
    private readonly spec: Scenario['availability'],
    private readonly loop: VirtualLoop,
    private readonly seed: number,
    private readonly actions: AvailabilityActions,
  ) {}

  begin(profiles: readonly ClientProfile[]): void {
    const { clock } = this.loop;
    profiles.forEach(({ joinsAtMs, leavesAtMs }, client) => {
      if (joinsAtMs > 0) clock.after(joinsAtMs, () => this.joined(client));
      else this.spells(client);
      if (Number.isFinite(leavesAtMs)) clock.after(leavesAtMs, () => this.left(client));
    });
  }

  end(): void {
    this.ended = true;
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
  }

  private joined(client: number): void {
    if (this.ended || this.gone.has(client)) return;
    this.actions.join(client);
    this.spells(client);
  }

  private left(client: number): void {
    if (this.ended) return;
    this.gone.add(client);
    this.timers.get(client)?.cancel();
    this.timers.delete(client);
    this.actions.leave(client);
  }

  /** Connection up and down in turns, for as long as the client is there. */
  private spells(client: number): void {
    const { offline } = this.spec;
    if (!offline) return;
    const random = stream(this.seed, `offline/${client}`);
    const up = () => {
      this.wait(client, exponential(offline.everyMs, random), () => {
        this.actions.disconnect(client);
        this.wait(client, exponential(offline.forMs, random), () => {
          this.actions.reconnect(client);
          up();
        });
      });
    };
    up();
  }

  private wait(client: number, ms: number, then: () => void): void {
    this.timers.set(client, this.loop.clock.after(ms, then));
  }
}
