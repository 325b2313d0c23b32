import { portionsOf, scatterAdd, segmentsSize } from '../../model';
import { type Resumable, runAsync, runSync, type YieldToEventLoop } from '../../platform';
import type { PastVersions } from '../aggregation';
import type { GrowingFiles } from './log/update-log';
import { decodeTrail, encodeStep, encodeWhole, type TrailEntry, type TrailStep } from './trail-record';

/** Changes that a file holds at least, so that the parameters at its start are a small part of it. */
const fewestChanges = 8;

/** A file of the trail. */
interface TrailFile {
  readonly name: string;
  /** The version whose parameters it begins with; Infinity if it cannot be read. */
  first: number;
}

/** The file that is appended to. */
interface OpenFile {
  readonly name: string;
  /** The newest version in it. */
  last: number;
  changes: number;
  /** Records that are not synced. */
  unsynced: number;
}

/**
 * The past versions that damping needs, in files `trail-<number>.log`. A file begins with the parameters of a version;
 * each record after them is the change that made the next one, as gateways receive it, so adding gives the same bits. A
 * version costs the disk as many bytes as its patch, and a sync now and then: a record is synced before the checkpoint of
 * its version is removed.
 */
export class Trail {
  private files: TrailFile[] = [];
  private nextNumber = 0;
  /** The file that is appended to. */
  private current: OpenFile | undefined;

  /**
   * @param store undefined: nothing is stored
   * @param unsynced records that may be lost with the power, because checkpoints hold their versions, too
   */
  constructor(
    private readonly store: GrowingFiles | undefined,
    private readonly unsynced: number,
    private readonly turn?: YieldToEventLoop,
  ) {}

  /** Remembers which files there are. @returns goes back to that, once writes since then were undone */
  mark(): () => void {
    const files = [...this.files];
    return () => {
      this.files = files;
    };
  }

  /** Finds the existing files. @throws FtteError `storage` */
  async open(): Promise<void> {
    if (!this.store) return;
    const numbers = (await this.store.list()).map(numberOf).filter((number) => number !== undefined);
    numbers.sort((a, b) => a - b);
    this.files = numbers.map((number) => ({ name: nameOf(number), first: Infinity }));
    this.nextNumber = (numbers.at(-1) ?? -1) + 1;
    this.current = undefined;
  }

  /**
   * The parameters of past versions, by number, ascending. Those that cannot be read are missing.
   * @param size of the model
   * @throws FtteError `storage`
   */
  async read(lineage: string, { from, to }: PastVersions, size: number): Promise<Map<number, Float32Array>> {
    const found = new Map<number, Float32Array>();
    const { store } = this;
    if (!store) return found;
    for (const file of this.files) {
      const bytes = await store.read(file.name);
      const entries = (await this.run(decodeTrail(bytes))).filter((entry) => entry.lineage === lineage);
      const [first] = entries;
      if (first?.parameters?.length !== size) continue;
      file.first = first.version;
      // What an earlier run had made of this version may never have been published.
      for (const version of found.keys()) if (version >= first.version) found.delete(version);
      let parameters = first.parameters;
      for (const entry of entries) {
        if (entry.version > to) break;
        if (entry.version >= from || entry.change) parameters = parameters.slice();
        await this.run(addChange(parameters, entry));
        if (entry.version >= from) found.set(entry.version, parameters);
      }
    }
    return found;
  }

  /**
   * Appends the step that made the newest version. Until this resolves, its arrays must not change. A step that was
   * appended already is not appended again.
   * @param past the versions that are needed at this time
   * @throws FtteError `storage`
   */
  async append(lineage: string, step: TrailStep | undefined, past: PastVersions | undefined): Promise<void> {
    const { store, current } = this;
    if (!store || !step || current?.last === step.to) return;
    const most = Math.max(fewestChanges, past?.count ?? 0);
    const follows = current?.last === step.from && current.changes < most;
    const change = await this.run(encodeStep(lineage, step));
    try {
      if (current && follows) {
        const isLast = current.changes + 1 === most;
        const sync = isLast || current.unsynced >= this.unsynced;
        await store.append(current.name, change, sync);
        current.last = step.to;
        current.changes++;
        current.unsynced = sync ? 0 : current.unsynced + 1;
        return;
      }
      if (current && current.unsynced > 0) await store.append(current.name, [], true);
      const whole = await this.run(encodeWhole(lineage, step.from, step.before));
      const name = await this.createNext(store, [...whole, ...change]);
      this.files.push({ name, first: step.from });
      this.current = { name, last: step.to, changes: 1, unsynced: 0 };
    } catch (error) {
      // It may end in an incomplete record.
      this.interrupt();
      throw error;
    }
  }

  /** Begins a new file with the next step: what was appended last may be lost. */
  interrupt(): void {
    this.current = undefined;
  }

  /** Removes files that hold no version from this one on. Undefined: none is needed. @throws FtteError `storage` */
  async release(from: number | undefined): Promise<void> {
    const last = this.files.findLastIndex(({ first }) => first <= (from ?? Infinity));
    const gone = this.files.slice(0, Math.max(0, last));
    if (from === undefined && !this.current) gone.push(...this.files.slice(Math.max(0, last)));
    for (const { name } of gone) await this.store?.remove(name);
    this.files = this.files.filter((file) => !gone.includes(file));
  }

  /** Creates the next file. A process that was taken for dead may have made one since the names were read. */
  private async createNext(store: GrowingFiles, parts: readonly Uint8Array[]): Promise<string> {
    for (;;) {
      const name = nameOf(this.nextNumber++);
      if (await store.create(name, parts)) return name;
    }
  }

  private run<T>(steps: Resumable<T>): Promise<T> | T {
    return this.turn ? runAsync(steps, this.turn) : runSync(steps);
  }
}

/** Adds the change of an entry, in portions, as the model itself did. */
function* addChange(parameters: Float32Array, { change }: TrailEntry): Resumable<void> {
  if (!change) return;
  let at = 0;
  for (const portion of portionsOf(change.segments)) {
    const size = segmentsSize(portion);
    scatterAdd(parameters, portion, change.values.subarray(at, at + size));
    at += size;
    yield;
  }
}

function nameOf(number: number): string {
  return `trail-${String(number).padStart(9, '0')}.log`;
}

function numberOf(name: string): number | undefined {
  const match = /^trail-(\d{9,15})\.log$/.exec(name);
  return match ? Number(match[1]) : undefined;
}
