import { gather, type Segment, type UpdateEncoding } from '../../task';
import type { Grant, TensorEncoding } from '../../wire';

export type CatchUp = NonNullable<Grant['catchUp']>;
export type CatchUpEncoding = UpdateEncoding | 'float16';

/** Equal elements between two runs that are sent along: another run would cost as many bytes. */
const bridged = 2;

/**
 * What brings a gateway from the anchor to a version: the difference on the coordinates that differ. Those outside the
 * union of all plans never do. It depends on nothing but the two, so nothing adds up from one to the next, and a
 * gateway needs to remember nothing. Made once a version.
 */
export class CatchUps {
  private made: { readonly version: number; readonly catchUp: CatchUp } | undefined;

  /** @param anchor what every gateway can compute, `[size]` */
  constructor(
    private readonly anchor: Float32Array,
    private readonly encoding: CatchUpEncoding,
  ) {}

  /** @param parameters of this version, `[size]` */
  to(version: number, parameters: Float32Array): CatchUp {
    if (this.made?.version !== version) {
      const segments = differing(this.anchor, parameters);
      const values = gather(parameters, segments);
      const from = gather(this.anchor, segments);
      for (let i = 0; i < values.length; i++) values[i]! -= from[i]!;
      const encoding: TensorEncoding = this.encoding === 'int8' ? 'int8-blocks' : this.encoding;
      this.made = { version, catchUp: { segments, delta: { encoding, values } } };
    }
    return this.made.catchUp;
  }
}

/** Runs of elements that are not equal, ascending; runs that all but touch are one. */
export function differing(a: Float32Array, b: Float32Array): Segment[] {
  const segments: { offset: number; length: number }[] = [];
  for (let i = 0; i < b.length; i++) {
    if (a[i] === b[i]) continue;
    const last = segments[segments.length - 1];
    if (last && i - (last.offset + last.length) <= bridged) last.length = i + 1 - last.offset;
    else segments.push({ offset: i, length: 1 });
  }
  return segments;
}
