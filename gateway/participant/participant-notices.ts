import { FtteError, type Log } from '../platform';
import type { Ack } from '../wire';
import type { Notice } from './reports/notice';

export interface ParticipantNoticesOptions {
  readonly log: Log;
  readonly onNotice: (notice: Notice) => void;
  readonly onProblem: (problem: Error) => void;
}

/** Puts into words, for the log and for whoever listens, what happens to a participant. */
export class ParticipantNotices {
  constructor(private readonly options: ParticipantNoticesOptions) {}

  /** Something failed that a person can mend. */
  problem(error: unknown): void {
    const told = error instanceof Error ? error : new Error(String(error));
    this.options.log.warn(told.message);
    this.options.onProblem(told);
  }

  samplesDropped(count: number): void {
    this.notice('samples-dropped', `${counted(count, 'sample')} dropped that did not fit the new task`);
  }

  lineageChanged(lineage: string, before: string): void {
    this.notice('lineage-changed', `the model starts anew: lineage ${lineage} after ${before}`);
  }

  roundSkipped(text: string): void {
    this.notice('round-skipped', text);
  }

  roundFailed(error: unknown): void {
    if (error instanceof FtteError && error.code === 'engine-crashed') {
      this.notice(
        'engine-restarted',
        `the round was lost, the next one starts the engine anew: ${error.message}`,
      );
    } else this.problem(error);
  }

  engineRestarted(error: Error): void {
    this.notice('engine-restarted', `the training engine is started anew: ${error.message}`);
  }

  updateRejected({ id, reason, detail }: Ack): void {
    const why = [reason, detail].filter(Boolean).join(': ');
    this.notice(
      'update-rejected',
      `the coordinator refused update ${id}: ${why || 'no reason given'}`,
      reason,
    );
  }

  updatesExpired(count: number, lineage: string): void {
    const text = `${counted(count, 'update')} given up: the model is now of lineage ${lineage}`;
    this.notice('update-expired', text);
  }

  outboxFull(): void {
    this.notice('update-expired', 'the outbox is full: its oldest update was given up');
  }

  private notice(kind: Notice['kind'], text: string, reason?: Notice['reason']): void {
    this.options.log.info(text);
    this.options.onNotice({ kind, text, ...(reason && { reason }) });
  }
}

/** "1 update was", "2 updates were". */
const counted = (count: number, noun: string) => (count === 1 ? `1 ${noun} was` : `${count} ${noun}s were`);
