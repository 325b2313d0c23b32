import { type Segment, sameSegments } from '../../model';
import type { Contribution } from './contribution';

/** Names of the arrays of a checkpoint, each followed by the gateway. */
const planPrefix = 'plan/';
const deltaPrefix = 'delta/';
/** Name of the array with the sums of all updates. */
const sumsName = 'sums';

/**
 * The last update of each gateway, and their mean per coordinate. Bounded by memory: when it is full, the gateway with
 * the oldest update is forgotten. The sum of the mean is carried from update to update. Its last bits depend on their
 * order, so it is stored, too.
 */
export class UpdateCache {
  /** By gateway, oldest first. */
  private readonly updates = new Map<string, Cached>();
  private bytes = 0;
  private total: Totals | undefined;
  private scratch = new Float64Array(0);

  /** @param limitBytes memory for updates and their plans; the mean takes 12 bytes per parameter more */
  constructor(private readonly limitBytes: number) {}

  /** Adds to `values`, `[size]`, the mean of the cached updates that hold the coordinate. */
  addMean(held: readonly Segment[], values: Float64Array): void {
    const { sums, counts } = this.totals(values.length);
    for (const { offset, length } of held) {
      for (let i = offset; i < offset + length; i++) if (counts[i]! > 0) values[i]! += sums[i]! / counts[i]!;
    }
  }

  /**
   * The gateway's cached update on the coordinates of `segments`, concatenated; the mean on those that it does not hold.
   * @param size parameters of the model
   * @returns valid until the next call
   */
  read(gateway: string, segments: readonly Segment[], size: number): ArrayLike<number> {
    const cached = this.updates.get(gateway);
    if (cached && sameSegments(cached.segments, segments)) return cached.delta;
    if (this.scratch.length < size) this.scratch = new Float64Array(size);
    const { sums, counts } = this.totals(size);
    const { scratch } = this;
    let at = 0;
    for (const { offset, length } of segments) {
      for (let i = offset; i < offset + length; i++) {
        scratch[at++] = counts[i]! > 0 ? sums[i]! / counts[i]! : 0;
      }
    }
    if (cached) copyShared(cached, segments, scratch);
    return scratch;
  }

  /** Replaces the gateway's update. One that is larger than the whole cache is not kept. */
  put({ gateway, segments, delta }: Contribution): void {
    this.remove(gateway);
    const cached = { segments, delta: delta.slice() };
    const bytes = bytesOf(cached);
    if (bytes > this.limitBytes) return;
    for (const oldest of this.updates.keys()) {
      if (this.bytes + bytes <= this.limitBytes) break;
      this.remove(oldest);
    }
    this.insert(gateway, cached);
  }

  /**
   * The cache for a checkpoint, oldest first: for each gateway its delta, and its plan as u32 offsets and lengths; then the
   * sums as float64.
   */
  arrays(): ReadonlyMap<string, Float32Array> {
    const arrays = new Map<string, Float32Array>();
    for (const [gateway, { segments, delta }] of this.updates) {
      const numbers = Uint32Array.from(segments.flatMap(({ offset, length }) => [offset, length]));
      // The same bits under another type: arrays of a checkpoint are copied as bytes, never as numbers.
      arrays.set(planPrefix + gateway, new Float32Array(numbers.buffer)).set(deltaPrefix + gateway, delta);
    }
    if (this.total) arrays.set(sumsName, new Float32Array(this.total.sums.buffer));
    return arrays;
  }

  /** Restores what `arrays` returned, as far as it fits; an empty map empties the cache. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void {
    this.updates.clear();
    this.bytes = 0;
    this.total = undefined;
    for (const [name, delta] of arrays) {
      if (!name.startsWith(deltaPrefix)) continue;
      const gateway = name.slice(deltaPrefix.length);
      const plan = arrays.get(planPrefix + gateway);
      const segments = plan ? segmentsOf(plan) : [];
      const cached = { segments, delta: delta.slice() };
      const size = segments.reduce((sum, { length }) => sum + length, 0);
      if (size === delta.length && this.bytes + bytesOf(cached) <= this.limitBytes)
        this.insert(gateway, cached);
    }
    const sums = arrays.get(sumsName);
    if (sums) this.totals(sums.length / 2).sums.set(new Float64Array(sums.slice().buffer));
  }

  /** Remembers the cache. An update in it never changes, so that only the sums are copied. @returns goes back to that */
  mark(): () => void {
    const updates = [...this.updates];
    const { bytes, total } = this;
    const totals = total && { sums: total.sums.slice(), counts: total.counts.slice() };
    return () => {
      this.updates.clear();
      for (const [gateway, cached] of updates) this.updates.set(gateway, cached);
      this.bytes = bytes;
      this.total = totals;
    };
  }

  /** Created when the size of the model is first known, and kept up to date from then on. */
  private totals(size: number): Totals {
    if (this.total?.sums.length === size) return this.total;
    const totals = { sums: new Float64Array(size), counts: new Uint32Array(size) };
    this.total = totals;
    for (const cached of this.updates.values()) this.account(cached, 1);
    return totals;
  }

  private insert(gateway: string, cached: Cached): void {
    this.updates.set(gateway, cached);
    this.bytes += bytesOf(cached);
    this.account(cached, 1);
  }

  private remove(gateway: string): void {
    const cached = this.updates.get(gateway);
    if (!cached) return;
    this.updates.delete(gateway);
    this.bytes -= bytesOf(cached);
    this.account(cached, -1);
  }

  private account({ segments, delta }: Cached, sign: 1 | -1): void {
    if (!this.total) return;
    const { sums, counts } = this.total;
    let at = 0;
    for (const { offset, length } of segments) {
      for (let i = offset; i < offset + length; i++) {
        counts[i]! += sign;
        // Without any update the sum is exactly 0, not a remainder of rounding.
        sums[i] = counts[i] === 0 ? 0 : sums[i]! + sign * delta[at]!;
        at++;
      }
    }
  }
}

/** The last update of a gateway. */
interface Cached {
  readonly segments: readonly Segment[];
  readonly delta: Float32Array;
}

/** Over all cached updates: their sum, and the number that hold the coordinate; each `[size]`. */
interface Totals {
  readonly sums: Float64Array;
  readonly counts: Uint32Array;
}

function bytesOf({ segments, delta }: Cached): number {
  return delta.byteLength + 8 * segments.length;
}

function segmentsOf(plan: Float32Array): Segment[] {
  const numbers = new Uint32Array(plan.slice().buffer);
  const segments: Segment[] = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    segments.push({ offset: numbers[i] ?? 0, length: numbers[i + 1] ?? 0 });
  }
  return segments;
}

/** Copies the cached values to `into` for the coordinates that both plans hold; both are ascending. */
function copyShared(cached: Cached, segments: readonly Segment[], into: Float64Array): void {
  let at = 0;
  let from = 0;
  let index = 0;
  let own = cached.segments[0];
  for (const { offset, length } of segments) {
    while (own && own.offset < offset + length) {
      const start = Math.max(offset, own.offset);
      const end = Math.min(offset + length, own.offset + own.length);
      for (let i = start; i < end; i++) into[at + i - offset] = cached.delta[from + i - own.offset]!;
      if (own.offset + own.length > offset + length) break;
      from += own.length;
      own = cached.segments[++index];
    }
    at += length;
  }
}
