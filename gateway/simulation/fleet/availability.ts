import type { Timer } from '../../platform';
import { exponential } from '../random/distributions';
import { randomStream } from '../random/random-streams';
import type { Scenario } from '../scenario/scenario-schema';
import type { VirtualLoop } from '../time/virtual-loop';
import type { ClientProfile } from './fleet';

/** Lets clients join, leave, and lose their connection for a while, as the scenario and their profiles say. */
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
      else this.alternateConnection(client);
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
    this.alternateConnection(client);
  }

  private left(client: number): void {
    if (this.ended) return;
    this.gone.add(client);
    this.timers.get(client)?.cancel();
    this.timers.delete(client);
    this.actions.leave(client);
  }

  /** Disconnects and reconnects the client by turns until it leaves. */
  private alternateConnection(client: number): void {
    const { offline } = this.spec;
    if (!offline) return;
    const random = randomStream(this.seed, `offline/${client}`);
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

/** Changes of a client, which is given by index. */
export interface AvailabilityActions {
  readonly join: (client: number) => void;
  readonly leave: (client: number) => void;
  readonly disconnect: (client: number) => void;
  readonly reconnect: (client: number) => void;
}
