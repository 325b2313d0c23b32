import type { BestVersion } from '../../reports';

/** Reports in a row that are worse, before it is said: single versions vary. */
const patience = 5;
/** The least difference of balanced accuracy that is worth a word. */
const smallest = 0.02;
/** The least difference of an error, as a share of the best one. */
const smallestShare = 0.1;

/** A figure of a version: the larger the better for an accuracy, the smaller for an error. */
export interface Figure {
  readonly kind: 'accuracy' | 'error';
  readonly value: number;
  /** Half of its interval, if it has one. */
  readonly half?: number;
}

/** Notices that a model has become worse than it was, and says so once until it is as good again. */
export class WorseThanBest {
  private worse = 0;
  private isSaid = false;

  /** @param onWorse receives the text */
  constructor(private readonly onWorse: (text: string, best: number) => void) {}

  /** Takes the figure of a version, and the best one so far. */
  judge(version: number, { kind, value, half = 0 }: Figure, best: BestVersion): void {
    const top = kind === 'accuracy' ? best.balancedAccuracy : best.meanSquaredError;
    if (top === undefined) return;
    const fall = kind === 'accuracy' ? top - value : value - top;
    const allowed = kind === 'accuracy' ? Math.max(smallest, half) : smallestShare * top;
    this.worse = fall > allowed ? this.worse + 1 : 0;
    if (this.worse === 0) this.isSaid = false;
    if (this.worse < patience || this.isSaid) return;
    this.isSaid = true;
    const name = kind === 'accuracy' ? 'balanced accuracy' : 'error';
    this.onWorse(
      `version ${version} and those before it are worse than version ${best.version}: ${name} ${value.toFixed(3)}, was ${top.toFixed(3)}`,
      best.version,
    );
  }
}
