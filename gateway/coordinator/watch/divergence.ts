import { type Quality, type VersionReport, weightedLoss } from '../reports';

/** Versions in a row that have to be bad: one alone may be an accident. */
const badInARow = 3;
/** Versions over whose losses of gateways a mean is taken: gateways differ in what they hold. */
const window = 10;

/** A model that diverged: why, and the version to go back to. */
export interface Divergence {
  /** For a person, without the version that is gone back to. */
  readonly text: string;
  /** Undefined if no good version is known. */
  readonly target: number | undefined;
}

/**
 * Finds a model that diverges: on held-out windows, or, while there are none, by the losses that gateways report before
 * their rounds. The loss is bad if it is no number, or above twice the lowest so far plus 1, as for a gateway's own
 * round. On held-out windows the balanced accuracy has to be below the best one by more than noise, too, because a loss alone
 * also grows with a model that is too sure of itself.
 */
export class DivergenceWatch {
  private lowest = Number.POSITIVE_INFINITY;
  private bad = 0;
  private isJudged = false;
  private readonly losses: number[] = [];
  private anchor: number | undefined;

  /** A version whose checkpoint is to stay, because gateways found it good. */
  get healthy(): number | undefined {
    return this.anchor;
  }

  /** Takes a version. @returns what is to be done if the model has diverged; it is said once, and watched anew */
  take(report: VersionReport): Divergence | undefined {
    const { average, best } = report;
    if (average) {
      if (!this.isJudged) this.forget();
      this.isJudged = true;
      const isWorse = isFarBelow(average, best);
      if (!this.count(average.loss, isWorse)) return undefined;
      const text = `its loss on the held-out windows is ${short(average.loss)}, and was ${short(this.lowest)}`;
      this.forget();
      return { text, target: best?.version };
    }
    if (this.isJudged) return undefined;
    return this.byGateways(report);
  }

  /** Begins anew, with another model. */
  forget(): void {
    this.lowest = Number.POSITIVE_INFINITY;
    this.bad = 0;
    this.losses.length = 0;
  }

  private byGateways({ version, contributions }: VersionReport): Divergence | undefined {
    const loss = weightedLoss(contributions, 'lossBefore');
    if (loss === undefined) return undefined;
    this.losses.push(loss);
    if (this.losses.length > window) this.losses.shift();
    if (this.losses.length < window) return undefined;
    const mean = this.losses.reduce((sum, one) => sum + one, 0) / window;
    const before = this.lowest;
    if (this.count(mean, true)) {
      const text = `the loss before rounds of gateways is ${short(mean)}, and was ${short(before)}`;
      this.forget();
      return { text, target: this.anchor };
    }
    // Gateways measured the version that they began with.
    const youngest = Math.min(...contributions.map(({ age }) => age));
    if (this.bad === 0 && mean < 1.5 * this.lowest) this.anchor = Math.max(0, version - 1 - youngest);
    return undefined;
  }

  /** @returns whether the loss was bad often enough */
  private count(loss: number, isWorse: boolean): boolean {
    const isBad = isWorse && !(loss <= 2 * this.lowest + 1);
    this.bad = isBad ? this.bad + 1 : 0;
    if (loss < this.lowest) this.lowest = loss;
    return this.bad >= badInARow;
  }
}

function isFarBelow(quality: Quality, best: VersionReport['best']): boolean {
  const { balancedAccuracy, balancedAccuracyNoise = 0 } = quality;
  if (balancedAccuracy === undefined || best?.balancedAccuracy === undefined) return true;
  return balancedAccuracy + balancedAccuracyNoise < best.balancedAccuracy;
}

const short = (value: number) =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'no number';
