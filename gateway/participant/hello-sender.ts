import type { Clock, Timer } from '../platform';
import { type Session, SubscriptionGroup } from '../session';
import type { BodyOf } from '../wire';
import type { ModelFollower } from './model/model-follower';
import { refusalText } from './policy';

export interface HelloSenderOptions {
  readonly session: Session;
  readonly follower: ModelFollower;
  readonly plan: { readonly budgetBytes: number };
  /** The name of this run of the participant. */
  readonly instance: string;
  readonly software?: string;
  readonly clock: Clock;
  /** Called when the coordinator has answered a hello that requested it. */
  readonly onAnswered: () => void;
  /** Called when the broker has taken a hello. */
  readonly onSent: () => void;
  /** Called when another run with this gateway's id is found. */
  readonly onTwin: () => void;
  /** Called when none is found any more. */
  readonly onTwinGone: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** Letters of a reason that a hello may have. */
const mostLetters = 512;
/** Time in which a participant that is deployed again starts, so that nobody sees it leave, ms. */
const farewellMs = 3_000;
/** Other runs with this id that are remembered. */
const mostTwins = 100;
/** Time between two hellos while there is another run with this id: the coordinator names their senders to each other. */
const twinMs = 60_000;
/** Time after which another run that was not named again is gone. */
const twinGoneMs = 3 * twinMs;

/** Sends a hello to the coordinator: at each connection, and again when its content has changed. */
export class HelloSender {
  private readonly subscriptions: SubscriptionGroup;
  private online = false;
  private readonly twins = new Set<string>();
  private twinSeenMs = 0;
  private twinTimer: Timer | undefined;
  private partLimitBytes: number | undefined;
  private sent: BodyOf<'hello'> | undefined;

  constructor(private readonly options: HelloSenderOptions) {
    this.subscriptions = new SubscriptionGroup(options.session);
  }

  /** Resolves once subscribed, which needs a connection. */
  async start(): Promise<void> {
    await Promise.all([
      this.subscriptions.subscribe('ack', ({ id }) => {
        if (id === this.options.instance) this.options.onAnswered();
      }),
      this.subscriptions.subscribe('twin', ({ instance }) => this.onTwin(instance)),
    ]);
  }

  /** The answer shows the other one that this one is there. To each other one it is given once. */
  private onTwin(instance: string): void {
    const { twins } = this;
    if (instance === this.options.instance) return;
    this.twinSeenMs = this.options.clock.now();
    this.watchTwin();
    if (twins.has(instance) || twins.size >= mostTwins) return;
    twins.add(instance);
    this.options.onTwin();
    this.announceIfOnline();
  }

  private watchTwin(): void {
    const { clock, onTwinGone } = this.options;
    this.twinTimer ??= clock.after(twinMs, () => {
      this.twinTimer = undefined;
      if (clock.now() - this.twinSeenMs < twinGoneMs) {
        this.announceIfOnline();
        this.watchTwin();
        return;
      }
      this.twins.clear();
      onTwinGone();
    });
  }

  /** The hello stays at the broker, and the session may stay connected: so the last one says that nobody trains here. */
  stop(): Promise<void> {
    const { sent } = this;
    this.online = false;
    this.sent = undefined;
    this.twinTimer?.cancel();
    if (sent) {
      const { answer, ...last } = sent;
      this.options.session.sendLast({ ...last, leaves: true }, farewellMs);
    }
    return this.subscriptions.end();
  }

  setOnline(online: boolean): void {
    this.online = online;
    // A broker that was restarted may have lost its retained messages.
    this.announceIfOnline();
  }

  /** Sends the hello again. While offline, the next connection sends it. */
  announceIfOnline(): void {
    if (this.online) this.announce().catch(this.options.onProblem);
  }

  /** Sends the hello again if the size of parts in which messages arrive has changed. */
  announceIfChanged(): void {
    if (this.options.session.partLimitBytes !== this.partLimitBytes) this.announceIfOnline();
  }

  /** @param answer whether the coordinator is to answer it. @throws FtteError as `Session.send` does */
  async announce(answer = false): Promise<void> {
    const { session, follower, plan, instance, software, onSent } = this.options;
    const maxPartBytes = session.partLimitBytes;
    const { refusal } = follower;
    this.partLimitBytes = maxPartBytes;
    const hello: BodyOf<'hello'> = {
      type: 'hello',
      budgetBytes: plan.budgetBytes,
      instance,
      software: software ?? '',
      modelKey: follower.modelKey,
      ...(answer && { answer }),
      ...(maxPartBytes !== undefined && { maxPartBytes }),
      ...(refusal && { refuses: shortened(refusalText(refusal)) }),
    };
    this.sent = hello;
    await session.send(hello);
    onSent();
  }
}

/** A reason of at most as many letters as a hello may have. What came is at the end of an error, so the middle is left out. */
function shortened(reason: string): string {
  const half = (mostLetters - 5) >> 1;
  return reason.length <= mostLetters ? reason : `${reason.slice(0, half)} ... ${reason.slice(-half)}`;
}
