import { type CounterVerdict, CounterWindow } from './counter-window';
import { SeenIds } from './seen-ids';

/** Ids that are remembered of updates without a counter. */
const mostIds = 64;

/** The part of an update that says whether it has counted before. */
export interface UpdateName {
  readonly id: string;
  /** Absent: its sender gives none, as in an open federation. */
  readonly counter?: number | undefined;
}

/**
 * The accepted updates of one gateway, so that none counts twice: by their counters (P-28), and by their ids where they have
 * none.
 */
export class SeenUpdates {
  readonly ids = new SeenIds(mostIds);
  /** Undefined until an update with a counter has come. */
  private window: CounterWindow | undefined;

  /** The highest counter; -1 if there is none. */
  get highestCounter(): number {
    return this.window?.highest ?? -1;
  }

  /** Counters as they are saved; undefined if there are none. */
  get counters(): Uint8Array | undefined {
    return this.window?.bytes;
  }

  /** Restores what was saved, before anything else. @throws RangeError if `counters` were not saved by this class */
  restore(ids: Uint8Array, counters: Uint8Array | undefined): void {
    this.ids.addBytes(ids);
    if (counters) this.window = new CounterWindow(counters);
  }

  has(id: string): boolean {
    return this.ids.has(id) || (this.window?.has(id) ?? false);
  }

  judge({ id, counter }: UpdateName): CounterVerdict {
    if (this.has(id)) return 'counted';
    return counter === undefined ? 'new' : (this.window?.judge(counter, id) ?? 'new');
  }

  /** Notes an update that counts now. */
  add({ id, counter }: UpdateName): void {
    if (counter === undefined) this.ids.add(id);
    else {
      this.window ??= new CounterWindow();
      this.window.accept(counter, id);
    }
  }

  /** An update that was added does not count after all. */
  delete({ id, counter }: UpdateName): void {
    if (counter === undefined) this.ids.delete(id);
    else this.window?.withdraw(counter);
  }
}
