import {
  atMostSegments,
  moveAverage,
  portionsOf,
  type Segment,
  scatterAdd,
  segmentsSize,
  unionSegments,
} from '../../model';
import { FtteError, type Resumable, YieldBudget } from '../../platform';
import {
  decodePart,
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

/** What a step changed, ready to be published. */
export interface ModelChange {
  readonly segments: readonly Segment[];
  readonly delta: Tensor;
  /** Coordinates that would have left the range in which float32 can be relied on, and were put back. */
  readonly overflowed: number;
}

/** A third of what float32 holds: the difference of two such, and either of them rounded, is still a float32. */
const largestParameter = 1e38;

/**
 * The global model: `exact` is what the server steps on, `published` what the gateways hold after rounding, `average`
 * the running mean of what was published. A patch is the rounded difference of exact and published, so what rounding
 * leaves over is part of the next patch (error feedback: Seide 2014, section 3.1; Karimireddy 2019).
 */
export class GlobalModel {
  version = 0;
  private readonly exact: Float32Array;
  private readonly published: Float32Array;
  private readonly mean: Float32Array;
  /** Where exact and published may differ. */
  private residue: readonly Segment[] = [];
  /** Where the next version is made; from the first on. */
  private next: ModelParameters | undefined;

  /** @param initial parameters of version 0, `[size]`; copied */
  constructor(
    initial: Float32Array,
    private readonly averageVersions: number,
  ) {
    this.exact = initial.slice();
    this.published = initial.slice();
    this.mean = initial.slice();
  }

  get size(): number {
    return this.exact.length;
  }

  /** The live arrays: read them, copy to keep. */
  get parameters(): ModelParameters {
    return { exact: this.exact, published: this.published, average: this.mean };
  }

  /**
   * Makes the next version: the server's step on `exact`, and its rounded form on `published`. In steps: until the last
   * of them the version and its parameters are those of before.
   */
  *advance(
    direction: PseudoGradient,
    server: ServerOptimiser,
    weighings: readonly ContributionWeight[],
    encoding: TensorEncoding,
  ): Resumable<ModelChange> {
    const { held } = direction;
    const next = yield* this.copy();
    let overflowed = 0;
    for (const portion of portionsOf(held)) {
      server.step(next.exact, { values: direction.values, held: portion }, weighings);
      overflowed += this.putBackOverflow(next.exact, portion);
      yield;
    }
    const changed = unionSegments([held, ...(yield* this.residueWorthSending(next.exact, held, encoding))]);
    const segments = atMostSegments(changed, maxSegments);
    const values = yield* this.difference(next.exact, segments);
    const encoded = yield* encodeSteps(values, encoding);
    let at = 0;
    for (const portion of portionsOf(segments)) {
      const size = segmentsSize(portion);
      scatterAdd(next.published, portion, decodePart(encoded, at, at + size));
      at += size;
      yield;
    }
    yield* moveAverage(next.average, next.published, this.version + 1, this.averageVersions);
    this.exact.set(next.exact);
    this.published.set(next.published);
    this.mean.set(next.average);
    this.residue = encodingOf(encoding).halfLevel ? unionSegments([this.residue, segments]) : [];
    this.version++;
    const delta = { encoding, values };
    rememberEncoded(delta, encoded);
    return { segments, delta, overflowed };
  }

  /**
   * Takes the parameters of a checkpoint.
   * @param version the number they get: their own, or a new one when going back
   * @throws FtteError `checkpoint-damaged` where they do not fit the model
   */
  restore(version: number, parameters: ModelParameters): void {
    for (const [name, values] of Object.entries(parameters)) {
      if (values.length !== this.size) {
        throw new FtteError(
          'checkpoint-damaged',
          `${name} holds ${values.length} parameters, the model has ${this.size}`,
        );
      }
    }
    this.exact.set(parameters.exact);
    this.published.set(parameters.published);
    this.mean.set(parameters.average);
    this.residue = [{ offset: 0, length: this.size }];
    this.version = version;
  }

  /** Gives what is there a later number, where gateways may hold another model under the old one. */
  renumber(version: number): void {
    this.version = version;
  }

  /** What the next version is made in: as the present one, at first. */
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

  /** A coordinate that has left the bounds (or is no number any more) stays what it was. */
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

  /** What `exact` is beyond `published` on the coordinates of the segments, end to end. */
  private *difference(exact: Float32Array, segments: readonly Segment[]): Resumable<Float32Array> {
    const values = new Float32Array(segmentsSize(segments));
    let at = 0;
    for (const portion of portionsOf(segments)) {
      at = subtract(exact, this.published, portion, values, at);
      yield;
    }
    return values;
  }

  /**
   * The runs of earlier roundings outside this step that would not arrive as zero: those would be rounded away again, and
   * only cost bytes.
   */
  private *residueWorthSending(
    exact: Float32Array,
    held: readonly Segment[],
    encoding: TensorEncoding,
  ): Resumable<(readonly Segment[])[]> {
    const { halfLevel } = encodingOf(encoding);
    if (!halfLevel || this.residue.length === 0) return [];
    const pace = new YieldBudget();
    const smallest = halfLevel(yield* this.largestDifference(exact, held, pace));
    const worth: Segment[] = [];
    for (const segment of this.residue) {
      const largest = yield* this.largestDifference(exact, [segment], pace);
      if (largest > 0 && largest >= smallest) worth.push(segment);
    }
    return [worth];
  }

  private *largestDifference(
    exact: Float32Array,
    segments: readonly Segment[],
    pace: YieldBudget,
  ): Resumable<number> {
    let largest = 0;
    for (const portion of portionsOf(segments)) {
      largest = Math.max(largest, largestDifference(exact, this.published, portion));
      if (pace.after(segmentsSize(portion))) yield;
    }
    return largest;
  }
}

function largestDifference(a: Float32Array, b: Float32Array, segments: readonly Segment[]): number {
  let largest = 0;
  for (const { offset, length } of segments) {
    for (let i = offset; i < offset + length; i++) {
      const size = Math.abs(a[i]! - b[i]!);
      if (size > largest) largest = size;
    }
  }
  return largest;
}

/** Puts `a - b` on the segments into `into`, from `at` on, each rounded to float32. @returns where the next belongs */
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
