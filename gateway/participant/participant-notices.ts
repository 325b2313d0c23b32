import { asError, FtteError, type Log, noticeCodeOf } from '../platform';
import type { Ack } from '../wire';
import type { Notice } from './reports/notice';

export interface ParticipantNoticesOptions {
  readonly log: Log;
  readonly onNotice: (notice: Notice) => void;
  readonly onProblem: (problem: Error) => void;
}

/** Reports the events of a participant in words, to the log and to listeners. */
export class ParticipantNotices {
  constructor(private readonly options: ParticipantNoticesOptions) {}

  /** Reports a failure that a person can correct. */
  problem(error: unknown): void {
    const problem = asError(error);
    this.options.log.error(problem.message, noticeCodeOf(problem));
    this.options.onProblem(problem);
  }

  samplesDropped(count: number): void {
    const they = count === 1 ? 'it does' : 'they do';
    this.notice('samples-dropped', `${counted(count, 'sample')} dropped: ${they} not fit the new task`);
  }

  /** @param times their largest value, as a multiple of the usual one */
  samplesRemoved(count: number, times: number): void {
    const text = `${counted(count, 'sample')} removed: values ${times.toPrecision(1)} times the usual size make training fail`;
    this.notice('samples-removed', text);
  }

  lineageChanged(lineage: string, before: string): void {
    this.notice('lineage-changed', `the model starts again: lineage ${lineage} after ${before}`);
  }

  roundSkipped(text: string): void {
    this.notice('round-skipped', text);
  }

  roundFailed(error: unknown): void {
    if (error instanceof FtteError && error.code === 'engine-crashed') {
      this.notice(
        'engine-restarted',
        `the round was lost, and the next one starts the engine again: ${error.message}`,
      );
    } else this.problem(error);
  }

  engineRestarted(error: Error): void {
    this.notice('engine-restarted', `the training engine restarts: ${error.message}`);
  }

  updateRejected({ id, reason, detail }: Ack): void {
    const why = [reason, detail].filter(Boolean).join(': ');
    this.notice(
      'update-rejected',
      `the coordinator refused update ${id}: ${why || 'it gave no reason'}`,
      reason,
    );
  }

  updatesExpired(count: number, lineage: string): void {
    const text = `${counted(count, 'update')} dropped: the model is now of lineage ${lineage}`;
    this.notice('update-expired', text);
  }

  outboxFull(): void {
    this.notice('update-expired', 'the outbox is full: its oldest update was dropped');
  }

  /** Messages are not answered. @param text names the topics that this user may perhaps not use */
  notAnswered(text: string): void {
    this.notice('not-answered', text);
  }

  answeredAgain(text: string): void {
    this.notice('answered-again', text);
  }

  /** Updates arrive in parts of `bytes`, and not in parts of `failedBytes`. */
  partLimit(topic: string, bytes: number, failedBytes: number): void {
    const text = `an update arrived on ${topic} in parts of ${bytes} bytes, and not in parts of ${failedBytes}: the broker seems to drop larger messages, so they are sent in parts of ${bytes} bytes`;
    this.notice('broker-too-large', text);
  }

  /** @param topic of the hello */
  notKnown(hellos: number, topic: string): void {
    const text = `the coordinator does not know this gateway after ${hellos} hellos on ${topic}: may this user publish there, or does it know as many gateways as it may?`;
    this.notice('not-answered', text);
  }

  /** A folder or file that could not be used can be used again. */
  storageRecovered(path: string): void {
    this.notice('storage-recovered', `${path} can be written again`);
  }

  private notice(kind: Notice['kind'], text: string, reason?: Notice['reason']): void {
    this.options.log.info(text);
    this.options.onNotice({ kind, text, ...(reason && { reason }) });
  }
}

/** "1 update was", "2 updates were". */
const counted = (count: number, noun: string) => (count === 1 ? `1 ${noun} was` : `${count} ${noun}s were`);
