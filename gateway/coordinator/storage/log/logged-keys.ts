import type { JournalEntry } from '../journal-record';
import { keyOf } from './update-log';

/** The keys of the updates in a log, with their positions. */
export class LoggedKeys {
  private readonly positions = new Map<string, number>();

  add(entries: readonly JournalEntry[]): void {
    for (const entry of entries) this.positions.set(keyOf(entry), entry.contribution.sequence);
  }

  /** Parts updates into those that are new, and copies of what is there or before them in the list. */
  part(entries: readonly JournalEntry[]): { fresh: JournalEntry[]; copies: JournalEntry[] } {
    const fresh = new Map<string, JournalEntry>();
    const copies: JournalEntry[] = [];
    for (const entry of entries) {
      const key = keyOf(entry);
      if (this.positions.has(key) || fresh.has(key)) copies.push(entry);
      else fresh.set(key, entry);
    }
    return { fresh: [...fresh.values()], copies };
  }

  release(through: number): void {
    for (const [key, position] of this.positions) if (position <= through) this.positions.delete(key);
  }

  clear(): void {
    this.positions.clear();
  }
}
