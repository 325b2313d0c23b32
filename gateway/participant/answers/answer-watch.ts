import type { Clock, Timer } from '../../platform';
import type { Session } from '../../session';
import type { RoleMessageType } from '../../wire';

export interface AnswerWatchOptions {
  readonly session: Session;
  readonly clock: Clock;
  /** The type of message that is sent, and the type of its answer. */
  readonly type: RoleMessageType;
  readonly answer: RoleMessageType;
  /** Sends a message that the coordinator answers whatever happens to the others; absent if there is none. */
  readonly probe?: () => Promise<void>;
  /** Whether nothing is reported without an answer to the probe: an older coordinator answers neither. Default false. */
  readonly needsProbe?: boolean;
  /** A sentence about another possible reason, for the end of the text. */
  readonly doubt?: () => string;
  /** Called once, when several messages were not answered. @param text for a person */
  readonly onUnanswered: (text: string) => void;
  /** Called when an answer comes after that. */
  readonly onAnswered: (text: string) => void;
}

/** Messages without an answer after which the reason is searched for. */
const mostTries = 3;
/** Time that the first of them, and the probe, get for their answer, in ms. */
const patienceMs = 10_000;

/**
 * Watches whether the coordinator answers one type of message. A broker of MQTT 3.1.1 confirms a message that its access
 * rules forbid, and drops it. After three messages without an answer a probe shows whether the coordinator is connected;
 * then the topic is named that this user may not use.
 */
export class AnswerWatch {
  private tries = 0;
  private sinceMs: number | undefined;
  private probed = false;
  private timer: Timer | undefined;
  private reported = false;

  constructor(private readonly options: AnswerWatchOptions) {}

  /** Whether messages are not answered although the coordinator is connected. */
  get unanswered(): boolean {
    return this.reported && this.isCoordinatorSeen;
  }

  /** A message was sent. */
  sent(): void {
    this.sinceMs ??= this.options.clock.now();
    this.tries++;
    if (this.tries >= mostTries && !this.timer && !this.reported) this.search();
  }

  /** An answer came. */
  answered(): void {
    const wasReported = this.reported;
    this.reset();
    this.reported = false;
    if (!wasReported) return;
    this.options.onAnswered(`the coordinator answers again on ${this.topic(this.options.answer)}`);
  }

  /** The probe was answered: the coordinator is connected, and its answers arrive. */
  probeAnswered(): void {
    if (this.sinceMs === undefined || this.tries < mostTries) return;
    this.probed = true;
    this.report();
  }

  /** Forgets the messages so far, because the connection or the coordinator is another one. */
  reset(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.tries = 0;
    this.sinceMs = undefined;
    this.probed = false;
  }

  private search(): void {
    const { clock, probe, needsProbe = false } = this.options;
    const waitedMs = clock.now() - (this.sinceMs ?? clock.now());
    this.timer = clock.after(Math.max(0, patienceMs - waitedMs), () => {
      // The transport reports a probe that cannot be sent.
      probe?.().catch(() => undefined);
      this.timer = clock.after(probe ? patienceMs : 0, () => {
        this.timer = undefined;
        if (!needsProbe) this.report();
      });
    });
  }

  private report(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.reported) return;
    this.reported = true;
    const { type, answer, doubt, onUnanswered } = this.options;
    const may = this.probed ? 'publish there' : `publish there, and read ${this.topic(answer)}`;
    const reason = this.isCoordinatorSeen
      ? ` although the coordinator is connected: may this user ${may}?`
      : `: the coordinator is not connected, or this user may not ${may}.`;
    const text = `${this.tries} messages on ${this.topic(type)} were not answered`;
    onUnanswered(`${text}${reason}${doubt?.() ?? ''}`);
  }

  private get isCoordinatorSeen(): boolean {
    const { coordinatorSeenMs } = this.options.session;
    const { sinceMs } = this;
    return sinceMs !== undefined && coordinatorSeenMs !== undefined && coordinatorSeenMs >= sinceMs;
  }

  private topic(type: RoleMessageType): string {
    return this.options.session.topicOf(type);
  }
}
