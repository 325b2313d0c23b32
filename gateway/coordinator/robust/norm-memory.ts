import { median } from '../aggregation/weights';

/** Number of norms that are kept. */
const remembered = 100;
/** Number of norms below which nobody is refused by them. */
const enough = 10;
/** Share of the gateways that stay below the long norm. */
const shorter = 2 / 3;
/** Multiple of the usual norm that a norm counts as at most. */
const countedAs = 4;

/** Multiples of a norm: the smaller product counts. */
interface Multiples {
  readonly long: number;
  readonly usual: number;
}

/** Limits of length: to what a delta is clipped, and beyond what an update is refused. */
export interface LengthLimits {
  readonly clippedTo: Multiples;
  readonly refusedBeyond: Multiples;
}

/** Limits by the usual norm: no half of a fleet can move them. */
export const strictLimits: LengthLimits = {
  clippedTo: { long: Number.POSITIVE_INFINITY, usual: 1.5 },
  refusedBeyond: { long: Number.POSITIVE_INFINITY, usual: 4 },
};

/**
 * Limits by the norm that two thirds of the gateways stay below. If gateways differ much, as patients do of whom one has nearly
 * all beats of a rare label, honest norms are many times the usual one. A third of a fleet that is hostile moves these limits up
 * to the longest honest norms, and a larger part up to 4 and 8 times the usual one.
 */
export const wideLimits: LengthLimits = {
  clippedTo: { long: 2, usual: 4 },
  refusedBeyond: { long: 4, usual: 8 },
};

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
  private known: { readonly middle: number; readonly long: number } | undefined;

  constructor(private readonly limits: LengthLimits) {}

  /** The usual norm per root of parameters; undefined before the first. */
  get usual(): number | undefined {
    return this.known?.middle;
  }

  /** The norm per root of parameters beyond which an update is refused; undefined while too few are known. */
  get limit(): number | undefined {
    return this.norms.length < enough ? undefined : this.smaller(this.limits.refusedBeyond);
  }

  /** The norm per root of parameters to which a delta is clipped; undefined before the first. */
  get most(): number | undefined {
    return this.smaller(this.limits.clippedTo);
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
    const most = countedAs * (this.usual ?? median([...last.values()]));
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
    // The name of a gateway has no space, so that none is one of these.
    this.keep(
      Array.from(array, (norm, i) => ({ gateway: areKnown ? gateways[i]! : `norm ${i}`, norm })).filter(
        ({ norm }) => Number.isFinite(norm),
      ),
    );
  }

  private keep(norms: readonly Norm[]): void {
    this.norms = norms.filter(({ norm }) => norm > 0).slice(-remembered);
    this.known = this.norms.length > 0 ? middleAndLong(this.norms) : undefined;
  }

  private smaller({ long, usual }: Multiples): number | undefined {
    return this.known && Math.min(long * this.known.long, usual * this.known.middle);
  }
}

/** Norms from the shortest on, each with the number of gateways up to it: it is one over the number of norms of its gateway. */
function byGateway(norms: readonly Norm[]): readonly { readonly norm: number; readonly upTo: number }[] {
  const counts = new Map<string, number>();
  for (const { gateway } of norms) counts.set(gateway, (counts.get(gateway) ?? 0) + 1);
  const sorted = [...norms].sort((a, b) => a.norm - b.norm);
  let upTo = 0;
  return sorted.map(({ gateway, norm }) => {
    upTo += 1 / counts.get(gateway)!;
    return { norm, upTo };
  });
}

/** The middle and the long one of norms, of which there is one or more. */
function middleAndLong(norms: readonly Norm[]): { readonly middle: number; readonly long: number } {
  const sorted = byGateway(norms);
  const gateways = sorted.at(-1)!.upTo;
  const reached = (share: number) => sorted.findIndex(({ upTo }) => upTo > share * gateways - rounding);
  const [half, most] = [reached(1 / 2), reached(shorter)];
  const isBetween = sorted[half]!.upTo < gateways / 2 + rounding;
  const middle = isBetween ? (sorted[half]!.norm + sorted[half + 1]!.norm) / 2 : sorted[half]!.norm;
  return { middle, long: Math.max(middle, sorted[most]!.norm) };
}

/** Rounding in a sum of parts of gateways. */
const rounding = 1e-9;
