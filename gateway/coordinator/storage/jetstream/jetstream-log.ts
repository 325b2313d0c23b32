import { runAsync, runSync, type YieldToEventLoop } from '../../../platform';
import { decodeRecordsInSteps, encodeRecord, type JournalEntry } from '../journal-record';
import { LoggedKeys } from '../log/logged-keys';
import type { LoggedUpdates, UpdateLog } from '../log/update-log';
import type { FencedStream } from './fenced-stream';
import { StreamFiles } from './stream-files';

/** An append, in messages `update.<batch>.<number>.<count>`. */
interface Batch {
  /** Sequence numbers of its first message, and of the one after its last. */
  readonly first: number;
  readonly end: number;
  /** The highest position in it. */
  readonly through: number;
}

/** The messages of a batch that were found. */
interface Pieces {
  /** Sequence number of its first message. */
  readonly first: number;
  /** That after its last message. */
  end: number;
  /** Messages that it has when it is whole. */
  readonly count: number;
  readonly data: Uint8Array[];
}

/**
 * The log of one model in a stream of JetStream. An append is one batch of messages; it counts when all of them are there,
 * and a batch whose end is not known is named void before the next step. The run that leads reads all keys, and nobody else
 * can store anything, so that a key is taken once.
 */
export class JetStreamLog implements UpdateLog {
  readonly isDurable = true;
  readonly isAtomic = true;
  readonly trail: StreamFiles;
  files: StreamFiles;
  private readonly keys = new LoggedKeys();
  private batches: Batch[] = [];
  private doubtful: string[] = [];
  private prefix: string | undefined;
  private count = 0;

  constructor(
    readonly place: string,
    private readonly stream: FencedStream,
    private readonly pieceBytes: number,
    private readonly turn: YieldToEventLoop | undefined,
    private readonly closed: () => Promise<void>,
  ) {
    this.files = new StreamFiles(stream, place, pieceBytes);
    this.trail = this.files;
  }

  async read(): Promise<LoggedUpdates> {
    const pieces = await this.stream.consistent(() => this.pieces());
    const entries: JournalEntry[] = [];
    let [torn, damaged, repaired] = [0, 0, 0];
    this.keys.clear();
    this.batches = [];
    for (const { first, end, count, data } of pieces.values()) {
      const bytes = Buffer.concat(data);
      if (data.length < count) {
        torn += bytes.length;
        continue;
      }
      const steps = decodeRecordsInSteps(bytes);
      const found = this.turn ? await runAsync(steps, this.turn) : runSync(steps);
      entries.push(...found.entries);
      damaged += found.damaged;
      repaired += found.repaired;
      this.batches.push({ first, end, through: highest(found.entries) });
    }
    this.keys.add(entries);
    const damagedFiles = damaged + repaired > 0 ? [`the stream at ${this.place}`] : [];
    return { entries, torn, damaged, repaired, damagedFiles };
  }

  async append(entries: readonly JournalEntry[]): Promise<readonly JournalEntry[]> {
    await this.settle();
    const { fresh, copies } = this.keys.part(entries);
    if (fresh.length === 0) return copies;
    const bytes = Buffer.concat(fresh.flatMap(encodeRecord));
    const pieces = Math.ceil(bytes.length / this.pieceBytes);
    const name = await this.nextName();
    let [first, end] = [0, 0];
    try {
      for (let i = 0; i < pieces; i++) {
        const piece = bytes.subarray(i * this.pieceBytes, (i + 1) * this.pieceBytes);
        const seq = await this.stream.publish(`update.${name}.${i}.${pieces}`, piece);
        if (i === 0) first = seq;
        end = seq + 1;
      }
    } catch (error) {
      this.doubtful.push(name);
      throw error;
    }
    this.batches.push({ first, end, through: highest(fresh) });
    this.keys.add(fresh);
    return copies;
  }

  async settle(): Promise<void> {
    for (const name of this.doubtful) await this.stream.publish(`void.${name}`, new Uint8Array(0));
    this.doubtful = [];
  }

  checkpoint(write: () => Promise<void>): Promise<void> {
    return this.files.together(write);
  }

  async release(through: number): Promise<void> {
    const kept = this.batches.findIndex((batch) => batch.through > through);
    const gone = kept < 0 ? this.batches : this.batches.slice(0, kept);
    const last = gone.at(-1);
    if (!last) return;
    // Batches follow each other, so those before this number are gone, void ones included.
    const end = this.batches[gone.length]?.first ?? last.end;
    await this.stream.remove('update.>', end);
    await this.stream.remove('void.>', end);
    this.batches = this.batches.slice(gone.length);
    this.keys.release(through);
  }

  async reset(): Promise<string> {
    const names = await this.files.list();
    let number = 1;
    while (names.some((name) => name.startsWith(`damaged-${number}/`))) number++;
    let last: number | undefined;
    await this.files.together(async () => {
      const updates: Uint8Array[] = [];
      for await (const { data, seq } of this.stream.all('update.>')) {
        updates.push(data);
        last = seq;
      }
      await this.files.write(`damaged-${number}/updates`, updates);
      for (const name of names) {
        if (name.startsWith('damaged-')) continue;
        const bytes = await this.files.read(name);
        await this.files.write(`damaged-${number}/${name}`, [bytes]);
        await this.files.remove(name);
      }
    });
    // No later ones: another coordinator may lead by now.
    if (last !== undefined) await this.stream.remove('update.>', last + 1);
    this.batches = [];
    this.keys.clear();
    this.doubtful = [];
    return `damaged-${number} in the stream at ${this.place}`;
  }

  close(): Promise<void> {
    return this.closed();
  }

  /** The messages of each append that was not named void. */
  private async pieces(): Promise<Map<string, Pieces>> {
    const pieces = new Map<string, Pieces>();
    for await (const { subject, seq, data } of this.stream.all('update.>')) {
      const [count, , name] = subject.split('.').reverse();
      const batch = pieces.get(name ?? '') ?? { first: seq, end: 0, count: Number(count), data: [] };
      batch.data.push(data);
      batch.end = seq + 1;
      pieces.set(name ?? '', batch);
    }
    for await (const { subject } of this.stream.all('void.>')) pieces.delete(subject.split('.').at(-1) ?? '');
    return pieces;
  }

  /** A name that no batch of any run has had. */
  private async nextName(): Promise<string> {
    this.prefix ??= (await this.stream.publish('begin', new Uint8Array(0))).toString(36);
    return `${this.prefix}-${this.count++}`;
  }
}

const highest = (entries: readonly JournalEntry[]) =>
  entries.reduce((max, { contribution }) => Math.max(max, contribution.sequence), -1);
