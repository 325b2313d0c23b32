import { atMostSegments, gather, type Segment, scatterAdd, segmentsSize } from '../../model';
import { type Random, runSync } from '../../platform';
import {
  asReceived,
  chooseEncoding,
  encodeAhead,
  encodingOf,
  encodingOverModel,
  type Grant,
  maxSegments,
  type ParameterChange,
  type TensorEncoding,
} from '../../wire';

/** Largest gap of equal elements that is sent with its neighbours: another segment would cost as many bytes. */
const largestGap = 2;
/** The step of a coarse catch-up, and its lower bound, in root mean squares of the catch-up. */
const [usualStep, finestStep] = [1 / 2, 1 / 64];
/** Its upper bound in root mean squares of the way from the average of recent versions: the error is then as large as it. */
const stepOfMovement = 4;
/** If more than this share of the parameters differs from the seed's, catch-ups start from another anchor. */
const farFromSeed = 0.5;

/**
 * Catch-ups: the changes that bring gateways from an anchor to a version, on the coordinates that differ. Coordinates
 * outside the union of all plans never do. A catch-up depends on the two models alone, so no error adds up over versions.
 *
 * The anchor is version 0 of the seed, which every gateway can compute and none needs to store. Only if the first
 * version of a catch-up is far from it everywhere (after a warm start, or of an imported model), that version becomes
 * the anchor: it is sent once to each gateway, in float16, and catch-ups hold the changes since then.
 */
export class CatchUps {
  private latest: { readonly version: number; readonly catchUp: ParameterChange } | undefined;
  private anchor: Anchor | undefined;
  private started = false;

  /**
   * @param seeded version 0 of the task's seed, `[size]`
   * @param random for the id of an anchor
   */
  constructor(
    private readonly seeded: Float32Array,
    private readonly setting: TensorEncoding | 'auto',
    private readonly random: Random,
  ) {}

  /**
   * The start of a granted round.
   * @param parameters of this version, `[size]`
   * @param held id of the anchor that the gateway holds
   * @param average of recent versions, `[size]`: how far it is from this one shows how much versions move
   */
  to(version: number, parameters: Float32Array, held: string, average = parameters): GrantedStart {
    if (!this.started) this.chooseAnchor(parameters);
    this.started = true;
    const { anchor } = this;
    if (this.latest?.version !== version)
      this.latest = { version, catchUp: this.changeTo(parameters, average) };
    const { catchUp } = this.latest;
    if (!anchor) return { catchUp };
    const { id, fromSeed } = anchor;
    return { catchUp, anchor: held === id ? { id } : { id, fromSeed } };
  }

  private changeTo(parameters: Float32Array, average: Float32Array): ParameterChange {
    const { seeded, anchor } = this;
    const changed = differing(anchor?.exact ?? seeded, parameters);
    const segments = atMostSegments(changed, maxSegments);
    const values = difference(anchor?.received ?? seeded, parameters, segments);
    const chosen = encodingOverModel(chooseEncoding('catchUp', this.setting, values.length));
    const delta = { encoding: encodingFor(values, chosen), values };
    const step = stepFor(values, difference(average, parameters, segments));
    runSync(encodeAhead(delta, step));
    return { segments, delta };
  }

  private chooseAnchor(parameters: Float32Array): void {
    const { seeded } = this;
    const segments = atMostSegments(differing(seeded, parameters), maxSegments);
    if (segmentsSize(segments) <= farFromSeed * parameters.length) return;
    const values = difference(seeded, parameters, segments);
    const encoding = encodingFor(values, 'float16');
    const received = seeded.slice();
    scatterAdd(received, segments, asReceived(values, encoding));
    const fromSeed = { segments, delta: { encoding, values } } as const;
    this.anchor = { id: this.random.hex(8), exact: parameters.slice(), received, fromSeed };
  }
}

/** The change that a grant brings, and its anchor. */
export type GrantedStart = Pick<Grant, 'anchor'> & { readonly catchUp: ParameterChange };

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
