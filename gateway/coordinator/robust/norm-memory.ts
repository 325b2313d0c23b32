import { median } from '../aggregation/weights';

/** Number of norms that the usual one is the median of. */
const remembered = 100;
/** Number of norms below which nobody is refused by them. */
const enough = 10;
/** Multiple of the usual norm beyond which an update is refused. */
export const refusedBeyond = 4;
/** Multiple of the usual norm to which a delta is clipped. */
export const clippedTo = 1.5;

/** A norm and whose it is. */
interface Norm {
  readonly gateway: string;
  readonly norm: number;
}

/**
 * The norms of the last contributions, each divided by the square root of its number of parameters, so that plans of
 * different size compare. Their median says what is usual at this time of the training: norms shrink as a model learns. All
 * norms of a gateway together weigh as much as those of another, so that nobody says what is usual by sending often.
 */
export class NormMemory {
  private norms: readonly Norm[] = [];
  private middle: number | undefined;

  /** The usual norm per root of parameters; undefined before the first. */
  get usual(): number | undefined {
    return this.middle;
  }

  /** The norm per root of parameters beyond which an update is refused; undefined while too few are known. */
  get limit(): number | undefined {
    return this.norms.length < enough ? undefined : refusedBeyond * this.middle!;
  }

  /**
   * Takes the norms of a buffer. A norm counts as 4 times the usual one at most, so that a few large ones cannot move the
   * median, while a fleet whose updates all have grown can. Norms of 0 say nothing about the others. Of the norms that a gateway
   * has in a buffer the last one is taken.
   */
  add(norms: readonly Norm[]): void {
    const last = new Map<string, number>();
    for (const { gateway, norm } of norms) if (norm > 0) last.set(gateway, norm);
    if (last.size === 0) return;
    const most = refusedBeyond * (this.usual ?? median([...last.values()]));
    // Float32 is what a checkpoint holds: the same numbers before and after a restart.
    const taken = [...last].map(([gateway, norm]) => ({ gateway, norm: Math.fround(Math.min(norm, most)) }));
    this.keep([...this.norms, ...taken]);
  }

  /** The norms for the checkpoint, oldest first. */
  get array(): Float32Array {
    return Float32Array.from(this.norms.map(({ norm }) => norm));
  }

  /** Their gateways. */
  get gateways(): readonly string[] {
    return this.norms.map(({ gateway }) => gateway);
  }

  /** @param gateways of the norms; of an earlier version's checkpoint they are not known, and each counts as another one */
  restore(array: ArrayLike<number> = [], gateways: readonly string[] = []): void {
    const areKnown = gateways.length === array.length;
    // An id has no space.
    this.keep(
      Array.from(array, (norm, i) => ({ gateway: areKnown ? gateways[i]! : `norm ${i}`, norm })).filter(
        ({ norm }) => Number.isFinite(norm),
      ),
    );
  }

  private keep(norms: readonly Norm[]): void {
    this.norms = norms.filter(({ norm }) => norm > 0).slice(-remembered);
    this.middle = this.norms.length > 0 ? medianByGateway(this.norms) : undefined;
  }
}

/** The median of norms of which each weighs one over the number of those of its gateway. */
function medianByGateway(norms: readonly Norm[]): number {
  const counts = new Map<string, number>();
  for (const { gateway } of norms) counts.set(gateway, (counts.get(gateway) ?? 0) + 1);
  const half = counts.size / 2;
  const sorted = [...norms].sort((a, b) => a.norm - b.norm);
  let sum = 0;
  for (const [i, { gateway, norm }] of sorted.entries()) {
    sum += 1 / counts.get(gateway)!;
    if (sum > half + rounding) return norm;
    if (sum > half - rounding) return (norm + (sorted[i + 1]?.norm ?? norm)) / 2;
  }
  return sorted.at(-1)!.norm;
}

/** Rounding in a sum of parts of gateways. */
const rounding = 1e-9;
