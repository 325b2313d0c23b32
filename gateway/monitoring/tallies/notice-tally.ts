import { type Notice, noticeCodeOf } from '../../platform';

/** Counts notices that were said, by code and level: at most as many numbers as there are codes and levels. */
export class NoticeTally {
  private readonly counts = new Map<string, { code: string; level: string; count: number }>();

  get all(): Iterable<{ readonly code: string; readonly level: string; readonly count: number }> {
    return this.counts.values();
  }

  notice({ code, level }: Pick<Notice, 'code' | 'level'>): void {
    const key = `${level} ${code}`;
    const known = this.counts.get(key);
    if (known) known.count++;
    else this.counts.set(key, { code, level, count: 1 });
  }

  /** Something failed. */
  problem(error: unknown): void {
    this.notice({ code: noticeCodeOf(error), level: 'error' });
  }
}
