import type { Random } from '../../../platform';
import { encodeShares, shareStep } from '../../../wire';
import { median } from '../../aggregation/weights';

/** Gateways with windows below which nothing is said: few that work together could calculate what another one has. */
const fewestGateways = 5;
/** Gateways whose numbers must be other ones before shares are made again: the difference of two reveals less of each. */
const fewestChanged = 3;
/** Windows of a label count in multiples of this. */
const coarse = 8;
/** Windows of one gateway that count at most. */
const mostWindows = 512;
/** Units by which a byte moves from one version to the next. */
const mostMove = 2 * shareStep;

interface Report {
  readonly version: number;
  readonly counts: readonly number[];
  /** Numbers that are added before a count is rounded down: drawn once, so that no mean of many reports reveals the count. */
  readonly chances: readonly number[];
}

/**
 * The shares of labels in the federation, by what gateways have reported last. It is said to all gateways, so it must not show
 * what one of them has: counts are multiples of 8, rounded up or down by chance so that their mean is right. What a gateway
 * reports is its word alone: none counts more than the median one, and what is said moves in small steps. Labels come as often
 * as before when a model gets older, so reports do not age; those of gateways that are taken out go with them.
 */
export class LabelReports {
  private readonly known = new Map<string, Report>();
  /** Gateways whose numbers have changed since the shares were made, as many as are needed. */
  private readonly changed = new Set<string>();
  private target: Uint8Array | undefined;
  private made: { readonly version: number; readonly bytes: Uint8Array | undefined } | undefined;

  /** @param limit gateways that are remembered */
  constructor(
    private readonly labels: number,
    private readonly random: Random,
    private readonly limit: number,
  ) {}

  /** Takes the windows by label that a gateway holds out. */
  take(gateway: string, version: number, windows: readonly number[]): void {
    const before = this.known.get(gateway);
    if (before && before.version > version) return;
    const chances = before?.chances ?? windows.map(() => coarse * this.random.uniform());
    const counts = windows.map((count, label) => coarse * Math.floor((count + chances[label]!) / coarse));
    // The one that was silent for longest comes first.
    this.known.delete(gateway);
    this.known.set(gateway, { version, counts, chances });
    if (counts.some((count, label) => count !== before?.counts[label])) this.note(gateway);
    if (this.known.size > this.limit) this.forget(this.known.keys().next().value!);
  }

  /** Forgets what a gateway has reported: it is not among those of the federation any more, or not trusted. */
  forget(gateway: string): void {
    if (this.known.delete(gateway)) this.note(gateway);
  }

  /**
   * The shares of the labels as messages carry them; one version says one thing.
   * @param before what was said last, also by an earlier run; undefined: nothing
   */
  bytes(version: number, before: Uint8Array | undefined): Uint8Array | undefined {
    if (this.made?.version !== version) this.made = { version, bytes: this.next(before) };
    return this.made.bytes;
  }

  private next(before: Uint8Array | undefined): Uint8Array | undefined {
    if (this.changed.size >= fewestChanged) {
      const shares = this.shares();
      if (shares) {
        this.target = encodeShares(shares);
        this.changed.clear();
      }
    }
    const last = before?.length === this.labels ? before : undefined;
    if (!this.target || !last) return this.target ?? last;
    return this.target.map((byte, label) => {
      const from = last[label]!;
      return Math.min(from + mostMove, Math.max(from - mostMove, byte));
    });
  }

  /** A label that nobody has reported counts as one window, so that no share is zero. */
  private shares(): number[] | undefined {
    const reports = Array.from(this.known.values(), ({ counts }) => ({ counts, windows: sum(counts) }));
    const filled = reports.filter(({ windows }) => windows > 0);
    if (filled.length < fewestGateways || this.labels === 0) return undefined;
    const most = Math.min(mostWindows, median(filled.map(({ windows }) => windows)));
    const totals = new Array<number>(this.labels).fill(1);
    for (const { counts, windows } of filled) {
      const scale = Math.min(1, most / windows);
      counts.forEach((count, label) => {
        totals[label]! += count * scale;
      });
    }
    const total = sum(totals);
    return totals.map((count) => count / total);
  }

  private note(gateway: string): void {
    if (this.changed.size < fewestChanged) this.changed.add(gateway);
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
