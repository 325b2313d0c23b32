import type { SharedLog, UpdateLog } from '../../../../gateway/coordinator/storage';
import type { JournalEntry } from '../../../../gateway/coordinator/storage/journal-record';
import { keyOf } from '../../../../gateway/coordinator/storage/log/update-log';
import { deposedError, logError } from '../../../../gateway/coordinator/storage/shared/shared-log';
import type { Clock } from '../../../../gateway/platform';

/** A server of logs in memory, by the clock of a test. It fails when a test says so. */
export class LogServer {
  readonly leaseMs = 4_000;
  /** Called before each request of a client; throws to let it fail. */
  onRequest: (client: string, request: string) => void | Promise<void> = () => undefined;
  /** Time by which its clock is ahead of that of the test, ms. */
  aheadMs = 0;
  renewals = 0;
  private readonly files = new Map<string, Uint8Array>();
  private updates: JournalEntry[] = [];
  private holder: { coordinator: string; run: string; sinceMs: number; endsMs: number } | undefined;
  private epoch = 0;

  constructor(private readonly clock: Clock) {}

  /** The ids of the updates in the log, in order. */
  get ids(): string[] {
    return this.updates.map(({ contribution }) => contribution.id);
  }

  private get now(): number {
    return this.clock.now() + this.aheadMs;
  }

  /** The connection of a coordinator. */
  client(name: string): SharedLog {
    const place = 'memory://log';
    let own = -1;
    const ask = async (request: string) => {
      await this.onRequest(name, request);
    };
    const lead = async (request: string) => {
      await ask(request);
      if (own !== this.epoch) throw deposedError(place);
    };
    return {
      place,
      leaseMs: this.leaseMs,
      lease: {
        take: async ({ coordinator, run }, unrenewed) => {
          await ask('take');
          const sinceMs = this.now;
          const renewal = String(this.holder?.endsMs);
          if (this.holder && this.holder.endsMs > sinceMs && this.holder.run !== run && renewal !== unrenewed)
            return { ...this.holder, renewal };
          this.holder = { coordinator, run, sinceMs, endsMs: sinceMs + this.leaseMs };
          own = ++this.epoch;
          return undefined;
        },
        renew: async () => {
          await ask('renew');
          if (own !== this.epoch || !this.holder) return false;
          this.holder.endsMs = this.now + this.leaseMs;
          this.renewals++;
          return true;
        },
        give: async () => {
          await ask('give');
          if (own === this.epoch) this.holder = undefined;
        },
      },
      of: () => this.log(place, ask, lead),
      close: async () => undefined,
    };
  }

  private log(
    place: string,
    ask: (request: string) => Promise<void>,
    lead: (request: string) => Promise<void>,
  ): UpdateLog {
    const { files } = this;
    const read = async (name: string) => {
      await ask(`read ${name}`);
      const bytes = files.get(name);
      if (!bytes) throw logError(place, 'missing', `has no file ${name}`);
      return bytes;
    };
    const put = async (request: string, name: string, parts: readonly Uint8Array[]) => {
      await lead(request);
      files.set(name, Buffer.concat(parts));
    };
    const store = {
      list: async () => [...files.keys()],
      read,
      write: (name: string, parts: readonly Uint8Array[]) => put('write', name, parts),
      create: async (name: string, parts: readonly Uint8Array[]) => {
        if (files.has(name)) return false;
        await put('create', name, parts);
        return true;
      },
      append: (name: string, parts: readonly Uint8Array[]) =>
        put('extend', name, [files.get(name) ?? new Uint8Array(0), ...parts]),
      remove: async (name: string) => {
        await lead('remove');
        files.delete(name);
      },
      setAside: async (name: string) => name,
      close: async () => undefined,
    };
    return {
      place,
      isDurable: true,
      isAtomic: false,
      files: store,
      trail: store,
      read: async () => {
        await ask('updates');
        return { entries: [...this.updates], torn: 0, damaged: 0, repaired: 0, damagedFiles: [] };
      },
      append: async (entries) => {
        await lead('append');
        const known = new Set(this.updates.map(keyOf));
        return entries.filter((entry) => {
          const key = keyOf(entry);
          if (known.has(key)) return true;
          known.add(key);
          // As it is at this time: the arrays are used again.
          this.updates.push(structuredClone(entry));
          return false;
        });
      },
      settle: async () => undefined,
      checkpoint: (write) => write(),
      release: async (through) => {
        await lead('release');
        this.updates = this.updates.filter(({ contribution }) => contribution.sequence > through);
      },
      reset: async () => {
        await lead('reset');
        this.updates = [];
        files.clear();
        return `${place} (set aside)`;
      },
      close: async () => undefined,
    };
  }
}
