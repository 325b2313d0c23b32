import { median } from '../aggregation/weights';

/** Number of norms that the usual one is the median of. */
const remembered = 100;
/** Number of norms below which nobody is refused by them. */
const enough = 10;
/** Multiple of the usual norm beyond which an update is refused. */
export const refusedBeyond = 4;
/** Multiple of the usual norm to which a delta is clipped. */
export const clippedTo = 1.5;

/**
 * The norms of the last contributions, each divided by the square root of its number of parameters, so that plans of
 * different size compare. Their median says what is usual at this time of the training: norms shrink as a model learns.
 */
export class NormMemory {
  private norms: number[] = [];

  /** The usual norm per root of parameters; undefined before the first. */
  get usual(): number | undefined {
    return this.norms.length === 0 ? undefined : median(this.norms);
  }

  /** The norm per root of parameters beyond which an update is refused; undefined while too few are known. */
  get limit(): number | undefined {
    return this.norms.length < enough ? undefined : refusedBeyond * median(this.norms);
  }

  /**
   * Takes the norms of a buffer. A norm counts as 4 times the usual one at most, so that a few large ones cannot move the
   * median, while a fleet whose updates all have grown can. Norms of 0 say nothing about the others.
   */
  add(norms: readonly number[]): void {
    const positive = norms.filter((norm) => norm > 0);
    if (positive.length === 0) return;
    const most = refusedBeyond * (this.usual ?? median(positive));
    // Float32 is what a checkpoint holds: the same numbers before and after a restart.
    const taken = positive.map((norm) => Math.fround(Math.min(norm, most))).filter((norm) => norm > 0);
    this.norms = [...this.norms, ...taken].slice(-remembered);
  }

  /** For the checkpoint, oldest first. */
  get array(): Float32Array {
    return Float32Array.from(this.norms);
  }

  restore(array: ArrayLike<number> = []): void {
    this.norms = Array.from(array)
      .filter((norm) => norm > 0 && Number.isFinite(norm))
      .slice(-remembered);
  }
}
