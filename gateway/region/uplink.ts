import type { UpdateFate } from '../coordinator';
import { AnswerWatch, HelloSender, type ModelFollower, Outbox, UpdateSender } from '../participant';
import {
  asError,
  type Clock,
  FtteError,
  type Log,
  type Notice,
  type Random,
  type YieldToEventLoop,
} from '../platform';
import type { Session } from '../session';
import type { TransportState } from '../transport';
import { type Ack, decodeStored, type RejectionReason, type Update } from '../wire';

/** Options of `Uplink`. */
export interface UplinkOptions {
  /** This region's session in the federation above. */
  readonly session: Session;
  readonly follower: ModelFollower;
  /** Calls the listener at once and on each change of the connection. */
  readonly onConnection: (listener: (state: TransportState, error?: Error) => void) => () => void;
  /** Memory of a model, which the coordinator above lists. */
  readonly modelBytes: () => number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
  /** Called with what became of an update. @param ack the answer of the coordinator above */
  readonly onSettled: (fate: UpdateFate, ack: Ack) => void;
  readonly onNotice: (notice: Omit<Notice, 'count'>) => void;
  readonly onProblem: (problem: Error) => void;
  /** Called when the connection has changed. */
  readonly onOnline: (online: boolean) => void;
}

/**
 * A region as a gateway of the federation above: it says hello, and sends updates until they are acknowledged. Updates are in
 * memory here, because the checkpoint of the region has the one that is not settled.
 */
export class Uplink {
  private readonly hello: HelloSender;
  private readonly outbox: Outbox;
  private readonly sender: UpdateSender;
  private connected = false;
  private begun = false;
  private ended = false;
  private stopConnection: (() => void) | undefined;

  constructor(private readonly options: UplinkOptions) {
    const { session, clock, random, modelBytes, onNotice, onProblem, onSettled } = options;
    const problem = (error: unknown) => onProblem(asError(error));
    const say = (code: Notice['code'], text: string, level: Notice['level'] = 'warning') =>
      onNotice({ code, level, text: `federation above: ${text}` });
    const watch = new AnswerWatch({
      session,
      clock,
      type: 'update',
      answer: 'ack',
      probe: () => this.hello.announce(true),
      onUnanswered: (text) => say('not-answered', text),
      onAnswered: (text) => say('answered-again', text, 'info'),
    });
    this.hello = new HelloSender({
      ...{ session, clock, follower: options.follower, software: 'region' },
      plan: {
        get budgetBytes() {
          return modelBytes();
        },
      },
      instance: random.hex(8),
      onAnswered: () => watch.probeAnswered(),
      onSent: () => undefined,
      onTwin: () => say('twin-gateway', `another gateway with the id ${session.id} is connected`),
      onTwinGone: () => undefined,
      onProblem: problem,
    });
    this.outbox = new Outbox({
      ...{ session, clock, random, folder: undefined, mergesRounds: false },
      onProblem: problem,
      onRecovered: () => undefined,
      onFound: () => undefined,
      onOverflow: () => undefined,
      onMerged: () => undefined,
    });
    this.sender = new UpdateSender({
      ...{ session, clock, random, outbox: this.outbox, watch },
      introduce: () => this.hello.announce(),
      onUnknown: (hellos) =>
        say('not-answered', `the coordinator does not know this region after ${hellos} hellos`),
      onPartLimit: () => this.hello.announceIfChanged(),
      onNotStored: ({ detail }) =>
        say('coordinator-storage', `the coordinator cannot keep updates: ${detail ?? 'it gave no reason'}`),
      onAccepted: (ack) => onSettled('counted', ack),
      onRejected: (ack) => onSettled(isLate(ack.reason) ? 'returned' : 'given-up', ack),
      onAside: () => undefined,
      onAnswered: () => undefined,
      onPaused: () => undefined,
      onChange: () => undefined,
      onProblem: problem,
    });
  }

  get online(): boolean {
    return this.connected;
  }

  /** Whether an update is here, to be sent until it is settled. */
  has(id: string): boolean {
    return this.outbox.has(id);
  }

  /** Subscribes, and says hello at each connection. */
  async start(): Promise<void> {
    await this.outbox.open();
    if (this.ended) return;
    for (const part of [this.hello, this.sender]) part.start().catch((error) => this.fail(error));
    this.begun = true;
    this.stopConnection = this.options.onConnection((state) => this.setOnline(state === 'online'));
  }

  async stop(): Promise<void> {
    this.ended = true;
    this.stopConnection?.();
    if (!this.begun) return;
    this.begun = false;
    await this.sender.stop();
    await this.hello.stop();
    await this.outbox.close();
  }

  /** The model above is of this lineage. */
  setLineage(lineage: string): void {
    this.sender.setLineage(lineage);
    this.hello.announceIfOnline();
  }

  /**
   * Sends an update until it is settled.
   * @param stored the message as the checkpoint has it, which an earlier process may have made under another name
   * @throws FtteError `message-invalid` if this software cannot read it
   */
  async send(stored: Uint8Array): Promise<void> {
    const { session } = this.options;
    const { message, isEarlier } = decodeStored(stored);
    if (message.type !== 'update')
      throw new FtteError('message-invalid', `expected an update, got a message of type ${message.type}`);
    if (this.outbox.has(message.id)) return;
    const { federation, sender, sequence: _, counter: __, ...update } = message;
    const isOwn = !isEarlier && federation === session.federation && sender === session.id;
    await this.sender.add(update, isOwn ? stored : session.encode(update));
    this.sender.roundEnded();
  }

  /** An update as bytes of this region in the federation above. */
  encode(update: Update): Uint8Array {
    return this.options.session.encode(update);
  }

  /** Drops an update that nobody waits for any more. */
  async drop(id: string): Promise<void> {
    await this.outbox.remove(id);
  }

  private setOnline(online: boolean): void {
    if (online === this.connected) return;
    this.connected = online;
    this.hello.setOnline(online);
    this.sender.setOnline(online);
    this.options.onOnline(online);
  }

  private fail(error: unknown): void {
    if (this.begun) this.options.onProblem(asError(error));
  }
}

/** Whether an update was refused for its base version, and not for what is in it. */
const isLate = (reason: RejectionReason | undefined) => reason === 'too-old' || reason === 'future-version';
