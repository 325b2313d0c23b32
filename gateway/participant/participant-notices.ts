import { asError, type Clock, counted, FtteError, type Notice, NoticeCounter } from '../platform';
import type { Ack, RejectionReason } from '../wire';
import type { OutboxLimit } from './outbox/outbox-types';
import { refusalCode, refusalText, type TaskRefusal } from './policy';

export interface ParticipantNoticesOptions {
  readonly clock: Clock;
  /** Receives what is to be said now: the same thing once, then with its number. */
  readonly onNotice: (notice: Notice) => void;
  /** Receives each failure. */
  readonly onProblem: (problem: Error) => void;
}

/** Puts the events of a participant in words, and counts those that happen again. */
export class ParticipantNotices {
  private readonly counter: NoticeCounter;

  constructor(private readonly options: ParticipantNoticesOptions) {
    this.counter = new NoticeCounter(options.clock, options.onNotice);
  }

  /** Ends the timer of what is counted. */
  stop(): void {
    this.counter.stop();
  }

  /** Reports a failure that a person can correct. */
  problem(error: unknown): void {
    this.options.onProblem(asError(error));
  }

  samplesDropped(count: number): void {
    this.warn('samples-dropped', samplesDroppedText(count));
  }

  /** @param times their largest value, as a multiple of the usual one */
  samplesRemoved(count: number, times: number): void {
    const text = `${counted(count, 'sample')} ${were(count)} removed: values ${times.toPrecision(1)} times the usual size make training fail`;
    this.warn('samples-removed', text);
  }

  /** @param dropped samples that do not fit the task of the new lineage */
  lineageChanged(lineage: string, before: string, dropped: number): void {
    const samples = dropped > 0 ? `; ${samplesDroppedText(dropped)}` : '';
    this.warn('lineage-changed', `the model starts again: lineage ${lineage} after ${before}${samples}`);
  }

  taskRefused(refusal: TaskRefusal): void {
    this.warn(refusalCode(refusal), refusalText(refusal));
  }

  /** The policy allows no round now, or does not let an update leave. */
  policyLimit(text: string): void {
    this.warn('policy-limit', text);
  }

  /** The privacy budget allows no further round. */
  privacySpent(text: string): void {
    this.warn('privacy-spent', text);
  }

  /** @param text why the ledger of the privacy budget cannot be trusted */
  privacyLedger(text: string): void {
    this.warn('privacy-ledger', text);
  }

  roundSkipped(text: string): void {
    this.inform('round-skipped', text);
  }

  roundFailed(error: unknown): void {
    if (error instanceof FtteError && error.code === 'engine-crashed') {
      this.warn(
        'engine-restarted',
        `the round was lost, and the next one starts the engine again: ${error.message}`,
      );
    } else this.problem(error);
  }

  engineRestarted(error: Error): void {
    this.warn('engine-restarted', `the training engine restarts: ${error.message}`);
  }

  /** @param reason why there is no WebAssembly */
  engineSlow(reason: string): void {
    this.warn(
      'engine-fallback',
      `JavaScript trains in place of WebAssembly, several times slower: ${reason}`,
    );
  }

  /** @param text the file, what was lost, and where the damaged file is kept */
  samplesDamaged(text: string): void {
    this.warn('samples-damaged', text);
  }

  updateRejected({ id, reason, detail }: Ack): void {
    const why = [reason, detail].filter(Boolean).join(': ');
    const text = `the coordinator refused an update: ${why || 'it gave no reason'}`;
    this.warn(codeOfRejection(reason), text, { id, reason, detail });
  }

  updateNotStored({ detail }: Ack): void {
    const text = `the coordinator cannot keep updates: ${detail ?? 'it gave no reason'}; they wait here and are sent again`;
    this.warn('coordinator-storage', text);
  }

  /** Updates of other lineages than the model's wait for theirs. */
  updatesAside(count: number, lineage: string): void {
    const [noun, they] = count === 1 ? ['update waits', 'it is'] : ['updates wait', 'they are'];
    const text = `${count} ${noun} for another lineage: the model is now of lineage ${lineage}, and ${they} sent if the other one comes back`;
    this.warn('update-aside', text);
  }

  /** A waiting update was dropped. */
  updateDropped(limit: OutboxLimit): void {
    this.warn('update-expired', droppedTexts[limit]);
  }

  /** Messages are not answered. @param text names the topics that this user may perhaps not use */
  notAnswered(text: string): void {
    this.warn('not-answered', text);
  }

  answeredAgain(text: string): void {
    this.inform('answered-again', text);
  }

  /** Updates arrive in parts of `bytes`, and not in parts of `failedBytes`. */
  partLimit(topic: string, bytes: number, failedBytes: number): void {
    const text = `an update arrived on ${topic} in parts of ${bytes} bytes, and not in parts of ${failedBytes}: the broker seems to drop larger messages, so they are sent in parts of ${bytes} bytes`;
    this.warn('broker-too-large', text);
  }

  /** @param topic of the hello */
  notKnown(hellos: number, topic: string): void {
    const text = `the coordinator does not know this gateway after ${hellos} hellos on ${topic}: may this user publish there, or does it know as many gateways as it may?`;
    this.warn('not-answered', text);
  }

  /** Another run of this gateway id is connected. */
  twin(id: string): void {
    const text = `another gateway with the id ${id} is connected: was this flow, or this disk, copied to a second machine? Each needs an id of its own`;
    this.warn('twin-gateway', text);
  }

  /** The coordinator does not let this gateway in. @param text for a person, with what to do */
  notAdmitted(text: string, reason: string): void {
    this.warn('join-refused', text, { reason });
  }

  /** The coordinator has let this gateway in after all. */
  admitted(): void {
    this.inform('join-accepted', 'the coordinator has let this gateway in');
  }

  /** A folder or file that could not be used can be used again. */
  storageRecovered(path: string): void {
    this.inform('storage-recovered', `${path} can be written again`);
  }

  private warn(code: Notice['code'], text: string, details?: Notice['details']): void {
    this.counter.say({ code, level: 'warning', text, ...(details && { details }) });
  }

  private inform(code: Notice['code'], text: string): void {
    this.counter.say({ code, level: 'info', text });
  }
}

/** The code of an update that the coordinator refuses. */
export const codeOfRejection = (reason: RejectionReason | undefined) =>
  reason === 'second-machine' ? 'twin-gateway' : 'update-rejected';

const droppedTexts: Readonly<Record<OutboxLimit, string>> = {
  full: 'the outbox is full: its oldest update was dropped',
  aside: 'the outbox is full: its oldest update of another lineage was dropped',
  version: 'too many updates of one version wait, of different plans: the oldest was dropped',
  plain: 'the task asks for masked updates: one without masks that waited was dropped and is not sent',
};

const were = (count: number) => (count === 1 ? 'was' : 'were');

/** Says that samples do not fit a task. */
const samplesDroppedText = (count: number) =>
  `${counted(count, 'sample')} ${were(count)} dropped: ${count === 1 ? 'it does' : 'they do'} not fit the new task`;
