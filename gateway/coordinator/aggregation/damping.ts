import { portionsOf } from '../../model';
import type { Resumable } from '../../platform';
import type { ContributionWeight } from './aggregator';
import type { Contribution } from './contribution';
import type { PseudoGradient } from './pseudo-gradient';

/** Memory for past versions. Not in a checkpoint: they are many, and the checkpoints kept on disk are some of them. */
const trailBytes = 16 * 1024 * 1024;

/** Which of a buffer's past versions its contributions began with, and what of the whole these make up. */
interface Base {
  readonly parameters: Float32Array;
  readonly share: number;
}

/**
 * Takes off a buffer's direction a share beta of what the model has moved since its contributions began:
 * d - beta sum_i s_i (x_t - x_(t - tau_i)), with s_i the contributions' shares.
 *
 * Many rounds at a time answer the same version, and each brings the correction that one of them would have been enough
 * for: the model overshoots and swings. Where a contribution takes the model a part h of the way to its optimum, so that
 * d = -h x_(t - tau), a step of rate r gives x_(t+1) = (1 - r beta) x_t - r (h - beta) x_(t - tau), and with
 * |1 - r beta| + r |h - beta| <= 1 no swing grows, however old the contributions. For every h in [0, 1] that holds from
 * beta = 1/2 on, with r up to 1 / beta; without damping r must shrink as tau grows. beta = 1 is the mixing of models of
 * FedAsync (Xie 2019, arXiv 1903.03934); taking off what the curvature makes of x_t - x_(t - tau) is delay compensation
 * (Zheng 2017, arXiv 1609.08326), of which this is the form without a curvature.
 */
export class Damping {
  private readonly trail = new Map<number, Float32Array>();
  private readonly most: number;

  /** @param beta share of the movement that is taken off, 0 to 1 */
  constructor(
    private readonly beta: number,
    private readonly size: number,
    bytes = trailBytes,
  ) {
    this.most = Math.max(1, Math.floor(bytes / Math.max(1, 4 * size)));
  }

  /**
   * Damps the direction that was combined of these contributions, and remembers the version that it is about to move.
   * In steps of a bounded number of coordinates. A base that is forgotten counts as the oldest that is not; without any, its contribution is
   * taken as it is.
   * @param version of `now`
   * @param now what gateways hold of it, `[size]`
   */
  *apply(
    { values, held }: PseudoGradient,
    contributions: readonly Contribution[],
    weighings: readonly ContributionWeight[],
    version: number,
    now: Float32Array,
  ): Resumable<void> {
    const bases = this.basesOf(contributions, weighings, version);
    for (const { parameters, share } of bases) {
      const part = this.beta * share;
      for (const portion of portionsOf(held)) {
        for (const { offset, length } of portion) {
          for (let i = offset; i < offset + length; i++) values[i]! -= part * (now[i]! - parameters[i]!);
        }
        yield;
      }
    }
    yield;
    this.remember(version, now);
  }

  /** The model has come from elsewhere: what it was says nothing about the way it went. */
  forget(): void {
    this.trail.clear();
  }

  private basesOf(
    contributions: readonly Contribution[],
    weighings: readonly ContributionWeight[],
    version: number,
  ): Iterable<Base> {
    const [oldest] = this.trail.keys();
    const shares = new Map<number, number>();
    contributions.forEach(({ baseVersion }, i) => {
      const from = Math.max(baseVersion, oldest ?? version);
      if (from < version) shares.set(from, (shares.get(from) ?? 0) + (weighings[i]?.share ?? 0));
    });
    return [...shares].flatMap(([from, share]) => {
      const parameters = this.trail.get(from);
      return parameters ? [{ parameters, share }] : [];
    });
  }

  /** Keeps a version, later than all that are kept; in the bytes of the oldest where there is no room for one more. */
  remember(version: number, now: Float32Array): void {
    let copy: Float32Array | undefined;
    if (this.trail.size >= this.most) {
      const [oldest] = this.trail.keys();
      copy = this.trail.get(oldest as number);
      this.trail.delete(oldest as number);
    }
    copy ??= new Float32Array(this.size);
    copy.set(now);
    this.trail.set(version, copy);
  }
}
