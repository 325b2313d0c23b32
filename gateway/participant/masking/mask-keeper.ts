import {
  Committee,
  decodeCommittee,
  decodeToGateway,
  depositsOf,
  drawSeeds,
  encodeFromGateway,
  type FromGateway,
  maskUpdate,
  type SeedSetup,
  weaknessOf,
} from '../../masking';
import type { Segment } from '../../model';
import {
  Backoff,
  type Clock,
  FtteError,
  messageOf,
  type Random,
  runAsync,
  runSync,
  SerialQueue,
  type Timer,
  type YieldToEventLoop,
} from '../../platform';
import { type Session, SubscriptionGroup } from '../../session';
import type { Update } from '../../wire';
import { Helping } from './helping';

/** Options of a `MaskKeeper`. */
export interface MaskKeeperOptions {
  readonly session: Session;
  /** The file of the helper; undefined: nothing is on disk. */
  readonly path: string | undefined;
  /** Whether this gateway may be a helper. */
  readonly helps: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
  /** Updates can be masked from now on. */
  readonly onReady: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** The masks of a gateway: its seeds, which the helpers have, and its work as a helper if it is one. */
export class MaskKeeper {
  private readonly subscriptions: SubscriptionGroup;
  private readonly queue = new SerialQueue();
  private readonly helping: Helping;
  private setup: SeedSetup | undefined;
  /** The newest committee, until its helpers have the seeds. */
  private coming: Uint8Array | undefined;
  private readonly backoff: Backoff;
  private retry: Timer | undefined;
  /** The problem that was reported last, since something worked. */
  private reported: string | undefined;
  private coordinator: string | undefined;
  private isStarted = false;
  private isOpen = false;
  private isOnline = false;
  private isStopped = false;
  /** Ends the wait for each message that is on its way. */
  private readonly leaving = new Set<() => void>();

  constructor(private readonly options: MaskKeeperOptions) {
    const { session, path, yieldToEventLoop, onProblem } = options;
    this.subscriptions = new SubscriptionGroup(session);
    this.backoff = new Backoff({}, options.random);
    const { federation, id: gateway } = session;
    this.helping = new Helping({
      federation,
      gateway,
      identity: () => session.identity,
      path,
      yieldToEventLoop,
      onProblem,
    });
  }

  /** Whether updates can be masked: there is a committee, and it has the seeds. */
  get isReady(): boolean {
    return this.setup !== undefined;
  }

  /** Begins with the first task that asks for masks. Resolves once subscribed, which needs a connection. */
  async start(): Promise<void> {
    if (this.isStarted) return;
    this.isStarted = true;
    this.run(() => this.prepare());
    await Promise.all([
      this.subscriptions.subscribe('committee', ({ content }) =>
        this.run(() => {
          this.coming = content;
          return this.prepare();
        }),
      ),
      this.subscriptions.subscribe('ask', ({ content }) => this.run(() => this.takeAsk(content))),
      this.subscriptions.subscribe('claim', ({ active, instance }) => {
        if (!active || instance === this.coordinator) return;
        this.coordinator = instance;
        this.offer();
      }),
    ]);
  }

  /** Resolves when nothing is being written. What waits for a connection is given up. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.retry?.cancel();
    for (const giveUp of this.leaving) giveUp();
    await this.subscriptions.end();
    await this.queue.idle();
  }

  setOnline(online: boolean): void {
    this.isOnline = online;
    this.offer();
  }

  /**
   * The update in place of a plain one: its delta has masks, and figures of single gateways are left out.
   * @param factor weight of the update, at most 1
   * @throws FtteError `not-ready` if the helpers have no seeds of this gateway
   */
  async masked(update: Update, segments: readonly Segment[], factor: number): Promise<Update> {
    const { setup } = this;
    const { session, random, yieldToEventLoop } = this.options;
    if (!setup) {
      const text =
        'another committee of helpers came during the round, and has no seeds of this gateway yet: the update is not sent';
      throw new FtteError('not-ready', text);
    }
    const names = { federation: session.federation, gateway: session.id, update: update.id };
    const steps = maskUpdate(update.delta.values, factor, segments, setup, names, () => random.uniform());
    const masked = yieldToEventLoop ? await runAsync(steps, yieldToEventLoop) : runSync(steps);
    const { evaluation, ...rest } = update;
    return {
      ...rest,
      delta: { encoding: 'masked', values: Float32Array.from(masked) },
      masks: { epoch: setup.epoch, setup: setup.setup },
      variance: 0,
      lossBefore: Number.NaN,
      lossAfter: Number.NaN,
    };
  }

  private run(job: () => Promise<void>): void {
    this.queue
      .run(async () => {
        if (!this.isStopped) await job();
      })
      .catch((error) => {
        // The same thing is said once, however often it is tried.
        if (messageOf(error) !== this.reported) this.options.onProblem(error);
        this.reported = messageOf(error);
      });
  }

  /** Reads the file of the helper, and gives seeds to the newest committee; what fails is tried again after a while. */
  private async prepare(): Promise<void> {
    const { clock } = this.options;
    this.retry?.cancel();
    this.retry = undefined;
    try {
      // Before that, a committee would be taken with another key, and the file written over.
      if (!this.isOpen) await this.helping.open();
      if (!this.isOpen) {
        this.isOpen = true;
        this.offer();
      }
      const { coming } = this;
      if (coming) await this.takeCommittee(coming);
      if (this.coming === coming) this.coming = undefined;
      this.backoff.reset();
      this.reported = undefined;
    } catch (error) {
      if (isFaulty(error)) this.coming = undefined;
      else if (!this.isStopped)
        this.retry = clock.after(this.backoff.next(), () => {
          this.retry = undefined;
          this.run(() => this.prepare());
        });
      throw error;
    }
  }

  private offer(): void {
    if (this.isOpen && this.isOnline && this.options.helps)
      this.run(async () => {
        const { offer } = this.helping;
        if (offer) await this.say({ kind: 'offer', offer });
      });
  }

  private async takeCommittee(content: Uint8Array): Promise<void> {
    const { session, random, onReady } = this.options;
    const { identity } = session;
    if (!identity) throw new FtteError('not-ready', 'the key of this gateway is not read yet');
    const committee = new Committee(decodeCommittee(content, session.federation));
    const weakness = weaknessOf(committee);
    if (weakness)
      throw new FtteError(
        'config-invalid',
        `the committee of helpers gets no seeds of this gateway: ${weakness}`,
      );
    if (committee.epoch === this.setup?.epoch) return;
    this.setup = undefined;
    await this.helping.take(committee);
    const setup = drawSeeds(committee, random.hex(8));
    for (const deposit of depositsOf(setup, committee, session.id, identity))
      await this.say({ kind: 'deposit', deposit });
    if (this.isStopped) return;
    this.setup = setup;
    onReady();
  }

  private async takeAsk(content: Uint8Array): Promise<void> {
    const asked = decodeToGateway(content);
    if (asked.kind === 'deposit') {
      const { epoch, gateway, setup } = asked.deposit;
      if (await this.helping.keep(asked.deposit)) await this.say({ kind: 'held', epoch, gateway, setup });
      return;
    }
    const { epoch } = asked;
    const answer = await this.helping.answer(epoch, asked);
    if (answer) await this.say({ ...answer, epoch });
  }

  private async say(said: FromGateway): Promise<void> {
    if (this.isStopped) return;
    const sent = this.options.session.send({ type: 'help', content: encodeFromGateway(said) });
    await new Promise<void>((resolve, reject) => {
      this.leaving.add(resolve);
      sent.then(() => resolve(), reject).finally(() => this.leaving.delete(resolve));
    });
  }
}

/** Whether a committee is wrong, and stays so however often it is tried. */
const isFaulty = (error: unknown): boolean =>
  error instanceof FtteError && (error.code === 'message-invalid' || error.code === 'config-invalid');
