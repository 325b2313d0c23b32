import { portionsOf } from '../../model';
import type { Resumable } from '../../platform';
import type { ContributionWeight } from './aggregator';
import type { Contribution } from './contribution';
import type { PseudoGradient } from './pseudo-gradient';

/** Memory for past versions. A checkpoint holds their numbers only; the trail holds how each follows from the one before. */
const defaultBytes = 16 * 1024 * 1024;

/**
 * Delay compensation (Zheng 2017, arXiv 1609.08326), without its curvature term: subtracts from a buffer's
 * pseudo-gradient a share beta of the model's movement since its contributions began,
 * d - beta sum_i s_i (x_t - x_(t - tau_i)), with s_i the contributions' shares.
 *
 * Many rounds at a time answer the same version, and each brings the correction that one of them would have been enough
 * for: the model overshoots and swings. If a contribution takes the model a part h of the way to its optimum, so that
 * d = -h x_(t - tau), a step of rate r gives x_(t+1) = (1 - r beta) x_t - r (h - beta) x_(t - tau), and with
 * |1 - r beta| + r |h - beta| <= 1 no swing grows, however old the contributions are. For every h in [0, 1] that holds
 * from beta = 1/2 on, with r up to 1 / beta; without damping r must shrink as tau grows. beta = 1 is the mixing of models
 * of FedAsync (Xie 2019, arXiv 1903.03934).
 */
export class Damping {
  /** Past versions by number, oldest first. */
  private readonly past = new Map<number, Float32Array>();
  private readonly limit: number;
  /** The version that was forgotten for the newest one: its memory is that of the next, unless the newest is taken back. */
  private forgotten: readonly [number, Float32Array] | undefined;

  /**
   * @param beta share of the movement that is subtracted, 0 to 1
   * @param size parameters of the model
   * @param limits of the past: number of versions, and memory for them, besides that of one more
   */
  constructor(
    private readonly beta: number,
    private readonly size: number,
    { versions = Infinity, bytes = defaultBytes } = {},
  ) {
    this.limit = Math.max(1, Math.min(versions, Math.floor(bytes / Math.max(1, 4 * size))));
  }

  /**
   * Damps the pseudo-gradient of these contributions, and remembers the version that it is about to move, in steps of a
   * bounded number of coordinates. A base version that is forgotten counts as the oldest remembered one; if there is
   * none, the contribution is taken as it is.
   * @param version the number of `now`
   * @param now the published parameters, `[size]`
   */
  *apply(
    { values, held }: PseudoGradient,
    contributions: readonly Contribution[],
    weights: readonly ContributionWeight[],
    version: number,
    now: Float32Array,
  ): Resumable<void> {
    const bases = this.basesOf(contributions, weights, version);
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

  /** The past versions that are remembered; undefined if there are none. */
  get range(): PastVersions | undefined {
    const versions = [...this.past.keys()];
    const [from] = versions;
    const to = versions.at(-1);
    return from === undefined || to === undefined ? undefined : { from, to, count: versions.length };
  }

  /** The published parameters of the newest remembered version, `[size]`; valid until the next is remembered. */
  get newest(): Float32Array | undefined {
    return this.past.get(this.range?.to ?? -1);
  }

  /** Forgets the past versions: the model was replaced, and did not move from them. */
  forget(): void {
    this.past.clear();
    this.forgotten = undefined;
  }

  /** Notes which versions are remembered. @returns goes back to that, after one version more at most */
  mark(): () => void {
    const newest = this.range?.to;
    return () => {
      const added = this.range?.to;
      if (added === undefined || added === newest) return;
      this.past.delete(added);
      const others = [...this.past];
      if (!this.forgotten) return;
      this.past.clear();
      for (const [version, parameters] of [this.forgotten, ...others]) this.past.set(version, parameters);
      this.forgotten = undefined;
    };
  }

  private basesOf(
    contributions: readonly Contribution[],
    weights: readonly ContributionWeight[],
    version: number,
  ): Iterable<Base> {
    const [oldest] = this.past.keys();
    const shares = new Map<number, number>();
    contributions.forEach(({ baseVersion }, i) => {
      const from = Math.max(baseVersion, oldest ?? version);
      if (from < version) shares.set(from, (shares.get(from) ?? 0) + (weights[i]?.share ?? 0));
    });
    return [...shares].flatMap(([from, share]) => {
      const parameters = this.past.get(from);
      return parameters ? [{ parameters, share }] : [];
    });
  }

  /** Remembers a version that is later than all remembered ones; if there is no room, the oldest is forgotten. */
  remember(version: number, now: Float32Array): void {
    const copy = this.forgotten?.[1] ?? new Float32Array(this.size);
    copy.set(now);
    const [oldest] = this.past;
    this.forgotten = this.past.size >= this.limit ? oldest : undefined;
    if (this.forgotten) this.past.delete(this.forgotten[0]);
    this.past.set(version, copy);
  }
}

/** Numbers of the first and the last of some past versions, and how many there are: numbers may be missing. */
export interface PastVersions {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** A past version that contributions of a buffer began with, and their share of the whole. */
interface Base {
  readonly parameters: Float32Array;
  readonly share: number;
}
