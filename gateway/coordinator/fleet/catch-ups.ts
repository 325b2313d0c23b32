import { atMostSegments, gather, type Segment, scatterAdd, segmentsSize } from '../../model';
import { type Random, type Resumable, runSync } from '../../platform';
import {
  asReceived,
  chooseEncoding,
  decodeTensor,
  encodeAhead,
  encodeTensor,
  encodingOf,
  encodingOverModel,
  type Grant,
  maxSegments,
  type ParameterChange,
  type Tensor,
  type TensorEncoding,
  versionDigest,
} from '../../wire';

/** Largest gap of equal elements that is sent with its neighbours: another segment would cost as many bytes. */
const largestGap = 2;
/** The step of a coarse catch-up, and its lower bound, in root mean squares of the catch-up. */
const [usualStep, finestStep] = [3 / 2, 1 / 64];
/**
 * Its upper bound in root mean squares of the way from the average of recent versions: the error is then about three times as
 * large as it, and the carried remainders make it vary from version to version.
 */
const stepOfMovement = 12;
/** If more than this share of the parameters differs from the seed's, catch-ups start from another anchor. */
const farFromSeed = 0.5;

/**
 * Catch-ups: the changes that bring gateways from an anchor to a version, on the coordinates that differ. Coordinates
 * outside the union of all plans never do.
 *
 * What a coarse catch-up rounds away is added to the next one (error feedback: Seide 2014, section 3.1), so that a change of
 * less than half a step is not missing in every round: over some versions the mean is right, with fewer bits for each. No
 * remainder is larger than half a step, so no error adds up.
 *
 * The anchor is version 0 of the seed, which every gateway can compute and none needs to store. Only if the first
 * version of a catch-up is far from it everywhere (after a warm start, or of an imported model), that version becomes
 * the anchor: it is sent once to each gateway, in float16, and catch-ups hold the changes since then.
 */
export class CatchUps {
  private latest: MadeCatchUp | undefined;
  private anchor: Anchor | undefined;
  private started = false;
  /** Remainders of the rounding of the last coarse catch-up, `[size]`. */
  private remainder: Float32Array | undefined;

  /**
   * @param seeded version 0 of the task's seed, `[size]`
   * @param random for the id of an anchor
   * @param lineage of all versions; absent: the starts have no digests
   */
  constructor(
    private readonly seeded: Float32Array,
    private readonly setting: TensorEncoding | 'auto',
    private readonly random: Random,
    private readonly lineage?: string,
  ) {}

  /**
   * The start of a granted round.
   * @param parameters of this version, `[size]`
   * @param held id of the anchor that the gateway holds
   * @param average of recent versions, `[size]`: how far it is from this one shows how much versions move
   */
  to(version: number, parameters: Float32Array, held: string, average = parameters): GrantedStart {
    const made = this.has(version) && this.latest;
    const { catchUp, digest } = made || runSync(this.make(version, parameters, average));
    const { anchor } = this;
    const start = { catchUp, ...(digest !== undefined && { digest }) };
    if (!anchor) return start;
    const { id, fromSeed } = anchor;
    return { ...start, anchor: held === id ? { id } : { id, fromSeed } };
  }

  /** Whether the catch-up of this version is made. */
  has(version: number): boolean {
    return this.latest?.version === version;
  }

  /** Makes the catch-up of a version; parameters and average must not change before it is done. */
  *make(version: number, parameters: Float32Array, average = parameters): Resumable<MadeCatchUp> {
    if (!this.started) yield* this.chooseAnchor(parameters);
    this.started = true;
    const catchUp = yield* this.changeTo(parameters, average);
    yield;
    const digest = yield* this.digestOf(version, catchUp);
    this.latest = { version, catchUp, digest };
    return this.latest;
  }

  /** The digest of what a gateway makes of a catch-up. */
  private *digestOf(version: number, { segments, delta }: ParameterChange): Resumable<string | undefined> {
    const { lineage, anchor, seeded } = this;
    if (lineage === undefined) return undefined;
    const received = (anchor?.received ?? seeded).slice();
    scatterAdd(received, segments, decodeTensor(encodeTensor(delta)));
    yield;
    return yield* versionDigest({ lineage, version }, received);
  }

  private *changeTo(parameters: Float32Array, average: Float32Array): Resumable<ParameterChange> {
    const { seeded, anchor } = this;
    const changed = differing(anchor?.exact ?? seeded, parameters);
    const segments = atMostSegments(changed, maxSegments);
    yield;
    const values = difference(anchor?.received ?? seeded, parameters, segments);
    const chosen = encodingOverModel(chooseEncoding('catchUp', this.setting, values.length));
    const encoding = encodingFor(values, chosen);
    const isCoarse = encodingOf(encoding).relativeStep !== undefined;
    if (isCoarse) addTo(values, gather(this.remainderOf(parameters.length), segments));
    const delta = { encoding, values };
    yield;
    const step = stepFor(values, difference(average, parameters, segments));
    yield;
    yield* encodeAhead(delta, step);
    if (isCoarse) this.carry(segments, delta);
    return { segments, delta };
  }

  private remainderOf(size: number): Float32Array {
    this.remainder ??= new Float32Array(size);
    return this.remainder;
  }

  /** Keeps for the next catch-up what gateways do not receive of this one. */
  private carry(segments: readonly Segment[], delta: Tensor): void {
    const { remainder } = this;
    if (!remainder) return;
    const { values } = delta;
    const received = decodeTensor(encodeTensor(delta));
    let at = 0;
    for (const { offset, length } of segments)
      for (let i = offset; i < offset + length; i++, at++) remainder[i] = values[at]! - received[at]!;
  }

  private *chooseAnchor(parameters: Float32Array): Resumable<void> {
    const { seeded } = this;
    const segments = atMostSegments(differing(seeded, parameters), maxSegments);
    if (segmentsSize(segments) <= farFromSeed * parameters.length) return;
    yield;
    const values = difference(seeded, parameters, segments);
    const encoding = encodingFor(values, 'float16');
    const received = seeded.slice();
    yield;
    scatterAdd(received, segments, asReceived(values, encoding));
    const fromSeed = { segments, delta: { encoding, values } } as const;
    this.anchor = { id: this.random.hex(8), exact: parameters.slice(), received, fromSeed };
  }
}

/** The change that a grant brings, its anchor, and the digest of the parameters that it leads to. */
export type GrantedStart = Pick<Grant, 'anchor' | 'digest'> & { readonly catchUp: ParameterChange };

interface MadeCatchUp {
  readonly version: number;
  readonly catchUp: ParameterChange;
  readonly digest: string | undefined;
}

/** A version that is the anchor in place of the seed's. */
interface Anchor {
  readonly id: string;
  /** As the coordinator has it: shows which coordinates have changed since. */
  readonly exact: Float32Array;
  /** As the gateways have it: differences are taken from it. */
  readonly received: Float32Array;
  readonly fromSeed: ParameterChange;
}

/** The encoding, or float32 if values are too large for it. */
function encodingFor(values: Float32Array, encoding: TensorEncoding): TensorEncoding {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest > encodingOf(encoding).largest ? 'float32' : encoding;
}

/**
 * The step of a coarse catch-up: in proportion to the catch-up, but not large beside the recent movement of the model, so
 * that a late round does not start from a model that is mostly rounding.
 * @param moved the way from the average of recent versions to this one; zero if there is no average
 */
function stepFor(values: Float32Array, moved: Float32Array): number {
  const [size, movement] = [rootMeanSquare(values), rootMeanSquare(moved)];
  const largest = usualStep * size;
  return movement > 0 ? Math.min(largest, Math.max(finestStep * size, stepOfMovement * movement)) : largest;
}

function rootMeanSquare(values: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return Math.sqrt(squares / Math.max(1, values.length));
}

function addTo(values: Float32Array, more: Float32Array): void {
  for (let i = 0; i < values.length; i++) values[i]! += more[i]!;
}

/** `to - from` on the coordinates of the segments, concatenated. */
function difference(from: Float32Array, to: Float32Array, segments: readonly Segment[]): Float32Array {
  const values = gather(to, segments);
  const before = gather(from, segments);
  for (let i = 0; i < values.length; i++) values[i]! -= before[i]!;
  return values;
}

/** Segments of elements that are not equal, ascending; segments with a small gap between them are one. */
export function differing(a: Float32Array, b: Float32Array): Segment[] {
  const segments: { offset: number; length: number }[] = [];
  for (let i = 0; i < b.length; i++) {
    if (a[i] === b[i]) continue;
    const last = segments[segments.length - 1];
    if (last && i - (last.offset + last.length) <= largestGap) last.length = i + 1 - last.offset;
    else segments.push({ offset: i, length: 1 });
  }
  return segments;
}
