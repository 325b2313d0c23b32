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
} from '../../masking';
import type { Segment } from '../../model';
import {
  FtteError,
  type Random,
  runAsync,
  runSync,
  SerialQueue,
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
    try {
      await this.helping.open();
    } catch (error) {
      // The next task tries again.
      this.isStarted = false;
      throw error;
    }
    this.isOpen = true;
    this.offer();
    await Promise.all([
      this.subscriptions.subscribe('committee', ({ content }) => this.run(() => this.takeCommittee(content))),
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
      .catch(this.options.onProblem);
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
    if (!identity) return;
    const committee = new Committee(decodeCommittee(content, session.federation));
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
