import { atMostSegments, gather, type Segment, scatterAdd, segmentsSize } from '../../model';
import type { Random } from '../../platform';
import {
  asReceived,
  encodingOf,
  encodingOverModel,
  type Grant,
  maxSegments,
  type ParameterChange,
  type TensorEncoding,
} from '../../wire';

/** How a granted round comes to its start. */
export type GrantedStart = Pick<Grant, 'anchor'> & { readonly catchUp: ParameterChange };

/** Equal elements between two runs that are sent along: another run would cost as many bytes. */
const bridged = 2;
/** Where more than this share of the parameters has left the seed's, catch-ups start from an anchor of their own. */
const farFromSeed = 0.5;

interface Anchored {
  readonly id: string;
  /** As the coordinator has it: tells what has changed since. */
  readonly exact: Float32Array;
  /** As the gateways have it: what differences are taken from. */
  readonly received: Float32Array;
  readonly fromSeed: ParameterChange;
}

/**
 * What brings a gateway from the anchor to a version: the difference on the coordinates that differ. Those outside the
 * union of all plans never do. It depends on nothing but the two, so nothing adds up from one to the next.
 *
 * The anchor is version 0 of the seed, which every gateway can compute and none needs to keep. Only where the first
 * version to be caught up with is far from it everywhere (a warm start, an imported model) is that version the anchor:
 * it is sent once to each gateway, in float16, and catch-ups hold what has changed since.
 */
export class CatchUps {
  private made: { readonly version: number; readonly catchUp: ParameterChange } | undefined;
  private anchored: Anchored | undefined;
  private begun = false;

  /**
   * @param seeded version 0 of the task's seed, `[size]`
   * @param random names an anchor
   */
  constructor(
    private readonly seeded: Float32Array,
    private readonly encoding: TensorEncoding,
    private readonly random: Random,
  ) {}

  /**
   * @param parameters of this version, `[size]`
   * @param held id of the anchor that the gateway holds
   */
  to(version: number, parameters: Float32Array, held: string): GrantedStart {
    if (!this.begun) this.chooseAnchor(parameters);
    this.begun = true;
    const { anchored } = this;
    if (this.made?.version !== version) this.made = { version, catchUp: this.make(parameters) };
    const { catchUp } = this.made;
    if (!anchored) return { catchUp };
    const { id, fromSeed } = anchored;
    return { catchUp, anchor: held === id ? { id } : { id, fromSeed } };
  }

  private make(parameters: Float32Array): ParameterChange {
    const { seeded, anchored } = this;
    const changed = differing(anchored?.exact ?? seeded, parameters);
    const segments = atMostSegments(changed, maxSegments);
    const values = difference(anchored?.received ?? seeded, parameters, segments);
    return { segments, delta: { encoding: holding(values, encodingOverModel(this.encoding)), values } };
  }

  private chooseAnchor(parameters: Float32Array): void {
    const { seeded } = this;
    const segments = atMostSegments(differing(seeded, parameters), maxSegments);
    if (segmentsSize(segments) <= farFromSeed * parameters.length) return;
    const values = difference(seeded, parameters, segments);
    const encoding = holding(values, 'float16');
    const received = seeded.slice();
    scatterAdd(received, segments, asReceived(values, encoding));
    const fromSeed = { segments, delta: { encoding, values } } as const;
    this.anchored = { id: this.random.hex(8), exact: parameters.slice(), received, fromSeed };
  }
}

/** The encoding, or float32 if values are too large for it. */
function holding(values: Float32Array, encoding: TensorEncoding): TensorEncoding {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest > encodingOf(encoding).largest ? 'float32' : encoding;
}

/** On the coordinates of the segments, end to end. */
function difference(from: Float32Array, to: Float32Array, segments: readonly Segment[]): Float32Array {
  const values = gather(to, segments);
  const before = gather(from, segments);
  for (let i = 0; i < values.length; i++) values[i]! -= before[i]!;
  return values;
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
