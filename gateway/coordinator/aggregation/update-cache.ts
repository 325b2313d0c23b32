import type { Segment } from '../../task';
import type { Contribution } from '../contribution';

/** The last update of a gateway. */
interface Cached {
  readonly segments: readonly Segment[];
  readonly delta: Float32Array;
}

const planPrefix = 'plan/';
const deltaPrefix = 'delta/';

/**
 * The last update of each gateway, and their mean coordinate by coordinate. Bounded by memory: where it is full, the
 * gateway whose update is the oldest is forgotten.
 */
export class UpdateCache {
  /** By gateway, oldest first. */
  private readonly updates = new Map<string, Cached>();
  private held = 0;
  /** Sum over the cached updates and how many hold the coordinate, each `[size]`; made when first needed. */
  private sums: Float64Array | undefined;
  private counts: Uint32Array | undefined;

  /** @param limitBytes memory for updates and their plans; the mean's 12 bytes a parameter come on top */
  constructor(private readonly limitBytes: number) {}

  get size(): number {
    return this.updates.size;
  }

  /** Memory of the updates, bytes. */
  get bytes(): number {
    return this.held;
  }

  /** Makes room for models of `size` parameters. */
  prepare(size: number): void {
    if (this.sums?.length === size) return;
    this.sums = new Float64Array(size);
    this.counts = new Uint32Array(size);
    for (const cached of this.updates.values()) this.account(cached, 1);
  }

  /** The mean of the cached updates that hold the coordinate; 0 where none does. After `prepare`. */
  mean(coordinate: number): number {
    const count = this.counts?.[coordinate] ?? 0;
    return count > 0 ? (this.sums?.[coordinate] ?? 0) / count : 0;
  }

  /**
   * The gateway's cached update on the coordinates of `segments`, end to end; the mean where it holds none.
   * @param into `[number of coordinates]` or longer
   */
  read(gateway: string, segments: readonly Segment[], into: Float64Array): void {
    let at = 0;
    for (const { offset, length } of segments) {
      for (let i = offset; i < offset + length; i++) into[at++] = this.mean(i);
    }
    const cached = this.updates.get(gateway);
    if (cached) copyShared(cached, segments, into);
  }

  /** Takes the place of the gateway's update before. One that is larger than the whole cache is not kept. */
  put({ gateway, segments, delta }: Contribution): void {
    this.remove(gateway);
    // A view would keep the message alive that it is a part of.
    const own = delta.byteLength === delta.buffer.byteLength ? delta : delta.slice();
    const cached = { segments, delta: own };
    const bytes = bytesOf(cached);
    if (bytes > this.limitBytes) return;
    for (const oldest of this.updates.keys()) {
      if (this.held + bytes <= this.limitBytes) break;
      this.remove(oldest);
    }
    this.insert(gateway, cached);
  }

  /** The cache for a checkpoint, oldest first: a gateway's delta, and its plan as u32 offsets and lengths. */
  arrays(): ReadonlyMap<string, Float32Array> {
    const arrays = new Map<string, Float32Array>();
    for (const [gateway, { segments, delta }] of this.updates) {
      const numbers = Uint32Array.from(segments.flatMap(({ offset, length }) => [offset, length]));
      // The same bits under another type: arrays of a checkpoint are copied as bytes, never as numbers.
      arrays.set(planPrefix + gateway, new Float32Array(numbers.buffer)).set(deltaPrefix + gateway, delta);
    }
    return arrays;
  }

  /** Takes back what `arrays` gave, as far as it fits; an empty map empties it. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void {
    this.updates.clear();
    this.held = 0;
    this.sums = undefined;
    this.counts = undefined;
    for (const [name, delta] of arrays) {
      if (!name.startsWith(deltaPrefix)) continue;
      const gateway = name.slice(deltaPrefix.length);
      const plan = arrays.get(planPrefix + gateway);
      const segments = plan ? segmentsOf(plan) : [];
      const cached = { segments, delta: delta.slice() };
      const size = segments.reduce((sum, { length }) => sum + length, 0);
      if (size === delta.length && this.held + bytesOf(cached) <= this.limitBytes)
        this.insert(gateway, cached);
    }
  }

  private insert(gateway: string, cached: Cached): void {
    this.updates.set(gateway, cached);
    this.held += bytesOf(cached);
    this.account(cached, 1);
  }

  private remove(gateway: string): void {
    const cached = this.updates.get(gateway);
    if (!cached) return;
    this.updates.delete(gateway);
    this.held -= bytesOf(cached);
    this.account(cached, -1);
  }

  private account({ segments, delta }: Cached, sign: 1 | -1): void {
    const { sums, counts } = this;
    if (!sums || !counts) return;
    let at = 0;
    for (const { offset, length } of segments) {
      for (let i = offset; i < offset + length; i++) {
        counts[i]! += sign;
        // Without any update left the sum is 0, not what rounding left of it.
        sums[i] = counts[i] === 0 ? 0 : sums[i]! + sign * delta[at]!;
        at++;
      }
    }
  }
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

/** Writes the cached values over `into` wherever both plans hold the coordinate; both are ascending. */
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
