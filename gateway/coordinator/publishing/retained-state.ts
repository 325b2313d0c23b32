import type { Clock, Timer } from '../../platform';
import { Repairs, type Replaced, type Session } from '../../session';
import type { MessageType } from '../../wire';

/** The retained messages of a coordinator. */
type Retained = 'claim' | 'task' | 'head';

/** Options of `RetainedState`. */
export interface RetainedStateOptions {
  readonly session: Pick<Session, 'id' | 'instance' | 'topicOf'>;
  readonly clock: Clock;
  /** Names the model of the task. */
  readonly modelKey: string;
  /** Sends a message again. */
  readonly publish: (type: Retained) => void;
  /** Called once for each episode. @param text for a person */
  readonly onRepaired: (text: string) => void;
}

/** Time in which the retained task reaches a gateway that has just connected. */
const graceMs = 2_000;
/** The task is sent again at most once in this time because gateways lack it. */
const reminderMs = 15_000;
/** Gateways without the task that are remembered. */
const mostLacking = 10_000;

/**
 * Keeps the retained messages of a coordinator at the broker: whoever joins later learns task and head from nothing else.
 * A message that was cleared or overwritten is sent again, and so is the task if a gateway does not have it.
 */
export class RetainedState {
  private readonly repairs: Repairs<Retained>;
  /** Gateways that named another model, or none. */
  private readonly lacking = new Set<string>();
  private reminder: Timer | undefined;
  private remindedMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: RetainedStateOptions) {
    this.repairs = new Repairs({ clock: options.clock, repair: (type) => options.publish(type) });
  }

  /** A retained message of this gateway was cleared or overwritten. The session repairs its presence. */
  replaced({ type, wiped, probed, message }: Replaced): void {
    const { session } = this.options;
    if (type === 'presence') {
      if (probed) return;
      // The will of an earlier connection of this run is no trouble, and another run is online itself.
      if (message?.type === 'presence' && (message.online || message.instance === session.instance)) return;
      this.report(type, wiped, session.id);
      return;
    }
    if (!isOfCoordinator(type)) return;
    // A claim of another coordinator is the business of the lease.
    if (type === 'claim' && message) return;
    // Nobody can see whether a probe was retained, so that the message is sent again, and nothing is said.
    if (this.repairs.need(type) && !probed) this.report(type, wiped, message?.sender);
  }

  /** A gateway that is connected named the model of its task. */
  gatewayHas(gateway: string, modelKey: string): void {
    if (modelKey === this.options.modelKey) this.lacking.delete(gateway);
    else this.gatewayLacks(gateway);
  }

  /** A gateway that is connected does not have the task. */
  gatewayLacks(gateway: string): void {
    if (this.lacking.size < mostLacking) this.lacking.add(gateway);
    const { clock } = this.options;
    const waitMs = Math.max(graceMs, this.remindedMs + reminderMs - clock.now());
    this.reminder ??= clock.after(waitMs, () => this.remind());
  }

  stop(): void {
    this.repairs.stop();
    this.reminder?.cancel();
    this.reminder = undefined;
    this.lacking.clear();
  }

  private remind(): void {
    this.reminder = undefined;
    if (this.lacking.size === 0) return;
    this.lacking.clear();
    this.remindedMs = this.options.clock.now();
    for (const type of ['claim', 'task', 'head'] as const) this.options.publish(type);
  }

  private report(type: Retained | 'presence', wiped: boolean, sender: string | undefined): void {
    const { session, onRepaired } = this.options;
    const by = sender !== undefined && sender !== session.id ? ` by ${sender}` : '';
    const what = wiped ? 'was cleared' : `was overwritten${by}`;
    onRepaired(`the retained message on ${session.topicOf(type)} ${what} at the broker, and was sent again`);
  }
}

const isOfCoordinator = (type: MessageType): type is Retained =>
  type === 'claim' || type === 'task' || type === 'head';
