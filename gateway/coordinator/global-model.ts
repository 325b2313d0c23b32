import { FtteError } from '../platform';
import { gather, type Segment, scatterAdd, type UpdateEncoding } from '../task';
import { asReceived, maxSegments, type Tensor } from '../wire';
import type { Direction, Weighing } from './aggregation';
import { atMostSegments, unionSegments } from './segments';
import type { ServerOptimiser } from './server';

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

  /** Makes the next version: the server's step on `exact`, and its rounded form on `published`. */
  advance(
    direction: Direction,
    server: ServerOptimiser,
    weighings: readonly Weighing[],
    encoding: UpdateEncoding,
  ): ModelChange {
    server.step(this.exact, direction, weighings);
    const overflowed = this.putBackOverflow(direction.held);
    const changed = unionSegments([direction.held, ...this.residueWorthSending(direction.held, encoding)]);
    const segments = atMostSegments(changed, maxSegments);
    const values = gather(this.exact, segments);
    const before = gather(this.published, segments);
    for (let i = 0; i < values.length; i++) values[i]! -= before[i]!;
    scatterAdd(this.published, segments, asReceived(values, encoding));
    this.residue = encoding === 'float32' ? [] : unionSegments([this.residue, segments]);
    this.version++;
    this.updateAverage();
    return { segments, delta: { encoding, values }, overflowed };
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

  /** A coordinate that has left the bounds (or is no number any more) stays what it was. */
  private putBackOverflow(held: readonly Segment[]): number {
    let count = 0;
    for (const { offset, length } of held) {
      for (let i = offset; i < offset + length; i++) {
        if (Math.abs(this.exact[i]!) <= largestParameter) continue;
        this.exact[i] = this.published[i]!;
        count++;
      }
    }
    return count;
  }

  /**
   * Of earlier roundings, the runs outside this step that would still come out as something: under half a level of
   * this patch's scale they would be rounded away again and only cost bytes.
   */
  private residueWorthSending(held: readonly Segment[], encoding: UpdateEncoding): (readonly Segment[])[] {
    if (encoding === 'float32' || this.residue.length === 0) return [];
    const halfLevel = this.largestDifference(held) / 254;
    const worth = this.residue.filter((segment) => {
      const largest = this.largestDifference([segment]);
      return largest > 0 && largest >= halfLevel;
    });
    return [worth];
  }

  private largestDifference(segments: readonly Segment[]): number {
    let largest = 0;
    for (const { offset, length } of segments) {
      for (let i = offset; i < offset + length; i++) {
        const size = Math.abs(this.exact[i]! - this.published[i]!);
        if (size > largest) largest = size;
      }
    }
    return largest;
  }

  /**
   * mean += (published - mean) / k, with k = min(version + 1, averageVersions): the plain mean of the first versions,
   * leaning on the recent ones later. Gateways do the same with the patches they get, to the same bits.
   */
  private updateAverage(): void {
    const { mean, published } = this;
    const k = Math.min(this.version + 1, this.averageVersions);
    for (let i = 0; i < mean.length; i++) mean[i]! += (published[i]! - mean[i]!) / k;
  }
}
