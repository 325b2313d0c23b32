import {
  atMostSegments,
  moveAverage,
  portionsOf,
  type Segment,
  scatterAdd,
  segmentsSize,
  unionSegments,
} from '../../model';
import { FtteError, type Resumable, stepNumbers, YieldBudget } from '../../platform';
import {
  chooseEncoding,
  decodeInto,
  encodeSteps,
  encodingOf,
  maxSegments,
  rememberEncoded,
  type Tensor,
  type TensorEncoding,
} from '../../wire';
import type { ContributionWeight, PseudoGradient } from '../aggregation';
import type { ServerOptimiser } from '../server-optimiser';

/** The parameters of one version in their three forms, each `[size]`. */
export interface ModelParameters {
  readonly exact: Float32Array;
  readonly published: Float32Array;
  readonly average: Float32Array;
}

/** The change of a step, ready to be published. Its values stay as they are until the next step. */
export interface ModelChange {
  readonly segments: readonly Segment[];
  readonly delta: Tensor;
  /** Coordinates that would have left the reliable range of float32, and were put back. */
  readonly overflowed: number;
}

/** A third of the largest float32: the difference of two such numbers, even rounded, is still a float32. */
const largestParameter = 1e38;

/**
 * The global model: the server steps on `exact`, the gateways hold `published` after rounding, and `average` is the
 * running mean of the published versions. A patch is the rounded difference of exact and published, so the remainder of
 * a rounding is part of the next patch (error feedback: Seide 2014, section 3.1; Karimireddy 2019).
 */
export class GlobalModel {
  version = 0;
  private readonly exact: Float32Array;
  private readonly published: Float32Array;
  private readonly mean: Float32Array;
  private differing: readonly Segment[] = [];
  /** Memory in which the next version is made; from the first one on. */
  private next: ModelParameters | undefined;
  /** Memory for the change of a version, and for a portion of it as gateways receive it. */
  private readonly changes: Float32Array;
  private readonly received: Float32Array;

  /** @param initial parameters of version 0, `[size]`; copied */
  constructor(
    initial: Float32Array,
    private readonly averageVersions: number,
  ) {
    this.exact = initial.slice();
    this.published = initial.slice();
    this.mean = initial.slice();
    this.changes = new Float32Array(initial.length);
    this.received = new Float32Array(Math.min(initial.length, stepNumbers));
  }

  /** Coordinates on which exact and published may differ. */
  get residue(): readonly Segment[] {
    return this.differing;
  }

  get size(): number {
    return this.exact.length;
  }

  /** The arrays themselves, which change: read them, or copy them. */
  get parameters(): ModelParameters {
    return { exact: this.exact, published: this.published, average: this.mean };
  }

  /**
   * Makes the next version: the server's step on `exact`, and its rounded form on `published`. Resumable: until the last
   * step, the version and its parameters are the previous ones.
   */
  *advance(
    pseudoGradient: PseudoGradient,
    server: ServerOptimiser,
    weights: readonly ContributionWeight[],
    setting: TensorEncoding | 'auto',
  ): Resumable<ModelChange> {
    const { held } = pseudoGradient;
    const next = yield* this.copy();
    let overflowed = 0;
    for (const portion of portionsOf(held)) {
      server.step(next.exact, { values: pseudoGradient.values, held: portion }, weights);
      overflowed += this.putBackOverflow(next.exact, portion);
      yield;
    }
    return yield* this.complete(next, held, overflowed, setting);
  }

  /**
   * Makes the next version: the change since `from` on top of the parameters `to`. Resumable as `advance`.
   * @param from the parameters that the change is counted from, `[size]`
   */
  *rebase(from: Float32Array, to: Float32Array, setting: TensorEncoding | 'auto'): Resumable<ModelChange> {
    const all = [{ offset: 0, length: this.size }];
    const next = yield* this.copy();
    const { exact } = next;
    let overflowed = 0;
    for (const portion of portionsOf(all)) {
      for (const { offset, length } of portion) {
        // Rounded once, so that a coordinate without a change becomes the new one to the bit.
        for (let i = offset; i < offset + length; i++) exact[i] = to[i]! + Math.fround(exact[i]! - from[i]!);
      }
      overflowed += this.putBackOverflow(exact, portion);
      yield;
    }
    return yield* this.complete(next, all, overflowed, setting);
  }

  /** Makes the version whose exact parameters are in `next` the newest. @param held coordinates that have changed */
  private *complete(
    next: ModelParameters,
    held: readonly Segment[],
    overflowed: number,
    setting: TensorEncoding | 'auto',
  ): Resumable<ModelChange> {
    const encoding = chooseEncoding('patch', setting, segmentsSize(held));
    const changed = unionSegments([held, ...(yield* this.residueWorthSending(next.exact, held, encoding))]);
    const segments = atMostSegments(changed, maxSegments);
    const values = yield* this.difference(next.exact, segments);
    const encoded = yield* encodeSteps(values, encoding);
    let at = 0;
    for (const portion of portionsOf(segments)) {
      const received = this.received.subarray(0, segmentsSize(portion));
      decodeInto(encoded, received, at);
      scatterAdd(next.published, portion, received);
      at += received.length;
      yield;
    }
    yield* moveAverage(next.average, next.published, this.version + 1, this.averageVersions);
    this.exact.set(next.exact);
    this.published.set(next.published);
    this.mean.set(next.average);
    this.differing = encodingOf(encoding).halfLevel ? unionSegments([this.differing, segments]) : [];
    this.version++;
    const delta = { encoding, values };
    rememberEncoded(delta, encoded);
    return { segments, delta, overflowed };
  }

  /**
   * Restores the parameters of a checkpoint.
   * @param version their number: their own, or a new one after a rollback
   * @param residue coordinates on which exact and published may differ; absent: all
   * @throws FtteError `checkpoint-damaged` if they do not fit the model
   */
  restore(version: number, parameters: ModelParameters, residue?: readonly Segment[]): void {
    for (const [name, values] of Object.entries(parameters)) {
      if (values.length !== this.size) {
        throw new FtteError(
          'checkpoint-damaged',
          `${name}: expected ${this.size} parameters as the model has, got ${values.length}`,
        );
      }
    }
    this.exact.set(parameters.exact);
    this.published.set(parameters.published);
    this.mean.set(parameters.average);
    this.differing = residue ?? [{ offset: 0, length: this.size }];
    this.version = version;
  }

  /** Gives the present model a later number, because gateways may hold another model under the old number. */
  renumber(version: number): void {
    this.version = version;
  }

  /** Copies the present version into the memory of the next one. */
  private *copy(): Resumable<ModelParameters> {
    this.next ??= {
      exact: new Float32Array(this.size),
      published: new Float32Array(this.size),
      average: new Float32Array(this.size),
    };
    const { exact, published, average } = this.next;
    exact.set(this.exact);
    yield;
    published.set(this.published);
    yield;
    average.set(this.mean);
    yield;
    return this.next;
  }

  /** Restores the coordinates that left the bounds or are not a number. @returns how many there were */
  private putBackOverflow(exact: Float32Array, held: readonly Segment[]): number {
    let count = 0;
    for (const { offset, length } of held) {
      for (let i = offset; i < offset + length; i++) {
        if (Math.abs(exact[i]!) <= largestParameter) continue;
        exact[i] = this.published[i]!;
        count++;
      }
    }
    return count;
  }

  /** `exact - published` on the coordinates of the segments, concatenated. */
  private *difference(exact: Float32Array, segments: readonly Segment[]): Resumable<Float32Array> {
    const values = this.changes.subarray(0, segmentsSize(segments));
    let at = 0;
    for (const portion of portionsOf(segments)) {
      at = subtract(exact, this.published, portion, values, at);
      yield;
    }
    return values;
  }

  /**
   * Segments outside this step with remainders of earlier roundings that this patch would not round to zero: those would
   * only cost bytes.
   */
  private *residueWorthSending(
    exact: Float32Array,
    held: readonly Segment[],
    encoding: TensorEncoding,
  ): Resumable<(readonly Segment[])[]> {
    const { halfLevel } = encodingOf(encoding);
    if (!halfLevel || this.differing.length === 0) return [];
    const pace = new YieldBudget();
    const { largest, squares } = yield* this.differences(exact, held, pace);
    const smallest = halfLevel(largest, Math.sqrt(squares / Math.max(1, segmentsSize(held))));
    const found: Segment[] = [];
    for (const segment of this.differing) {
      const { largest } = yield* this.differences(exact, [segment], pace);
      if (largest > 0 && largest >= smallest) found.push(segment);
    }
    return [found];
  }

  private *differences(
    exact: Float32Array,
    segments: readonly Segment[],
    pace: YieldBudget,
  ): Resumable<Differences> {
    const all = { largest: 0, squares: 0 };
    for (const portion of portionsOf(segments)) {
      addDifferences(exact, this.published, portion, all);
      if (pace.after(segmentsSize(portion))) yield;
    }
    return all;
  }
}

/** Size of the largest of some differences, and the sum of their squares. */
interface Differences {
  largest: number;
  squares: number;
}

function addDifferences(
  a: Float32Array,
  b: Float32Array,
  segments: readonly Segment[],
  to: Differences,
): void {
  for (const { offset, length } of segments) {
    for (let i = offset; i < offset + length; i++) {
      const size = Math.abs(a[i]! - b[i]!);
      to.squares += size * size;
      if (size > to.largest) to.largest = size;
    }
  }
}

/** Writes `a - b` on the segments to `into`, from `at` on, each rounded to float32. @returns the offset after them */
function subtract(
  a: Float32Array,
  b: Float32Array,
  segments: readonly Segment[],
  into: Float32Array,
  at: number,
): number {
  let to = at;
  for (const { offset, length } of segments) {
    for (let i = offset; i < offset + length; i++) into[to++] = a[i]! - b[i]!;
  }
  return to;
}
