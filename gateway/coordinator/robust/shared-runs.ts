import type { Segment } from '../../model';
import type { Contribution } from '../aggregation/contribution';

/** A contribution that holds a run of coordinates. */
export interface Holder {
  readonly delta: Float32Array;
  /** Place of the run in the delta. */
  readonly at: number;
  /** Number of the contribution in the buffer. */
  readonly index: number;
}

/** Coordinates one after the other that the same contributions hold. */
export interface SharedRun {
  readonly offset: number;
  readonly length: number;
  readonly holders: readonly Holder[];
}

/** Numbers that could be processed in the time that a run takes for each contribution, however short the run is. */
export const perRun = 16;

/** Cuts the coordinates of a buffer into runs that the same contributions hold; runs that nobody holds are left out. */
export function* sharedRuns(
  contributions: readonly Pick<Contribution, 'segments' | 'delta'>[],
): Generator<SharedRun> {
  const cursors = contributions.map(({ segments, delta }, index) => new Cursor(segments, delta, index));
  for (let from = 0; ; ) {
    let to = Infinity;
    for (const cursor of cursors) to = Math.min(to, cursor.nextBound(from));
    if (to === Infinity) return;
    const holders = cursors.filter((cursor) => cursor.holds(from)).map((cursor) => cursor.holder(from));
    if (holders.length > 0) yield { offset: from, length: to - from, holders };
    from = to;
  }
}

/** A place in the segments of a contribution that only moves forward. */
class Cursor {
  private segment = 0;
  /** Place of the segment in the delta. */
  private start = 0;

  constructor(
    private readonly segments: readonly Segment[],
    private readonly delta: Float32Array,
    private readonly index: number,
  ) {}

  /** The first coordinate after `from` at which a segment begins or ends. */
  nextBound(from: number): number {
    for (let one = this.segments[this.segment]; one; one = this.segments[++this.segment]) {
      if (one.offset > from) return one.offset;
      if (one.offset + one.length > from) return one.offset + one.length;
      this.start += one.length;
    }
    return Infinity;
  }

  /** Whether the coordinate is in the segment; after `nextBound` of it. */
  holds(coordinate: number): boolean {
    const one = this.segments[this.segment];
    return one !== undefined && one.offset <= coordinate;
  }

  holder(coordinate: number): Holder {
    const { delta, index } = this;
    return { delta, at: this.start + coordinate - this.segments[this.segment]!.offset, index };
  }
}
