import { median } from '../aggregation/weights';
import { distinguishesModels, type Quality, type VersionReport } from '../reports';

/** Versions in a row that have to be bad: one alone may be an accident. */
const badInARow = 3;
/** Versions over whose losses of gateways a mean and a median are taken: gateways differ in what they hold. */
const window = 10;
/** A version is good if its loss is below this multiple of the lowest so far. */
const good = 1.5;

/** A model that diverged: why, and the version to go back to. */
export interface Divergence {
  /** For a person, without the version that is gone back to. */
  readonly text: string;
  /** Undefined if no good version is known. */
  readonly target: number | undefined;
}

/**
 * Finds a model that diverges: on held-out windows, or, while there are none or they have one label only, by the losses that
 * gateways report before their rounds. The loss is bad if it is no number, or above twice the lowest so far plus 1, as for a gateway's own
 * round. On held-out windows the balanced accuracy has to be below the best one by more than noise, too, because a loss alone
 * also grows with a model that is too sure of itself. Of the losses of gateways both the mean and the median have to be
 * bad, each gateway counting as one: what a minority claims sends nobody back.
 */
export class DivergenceWatch {
  private lowest = Number.POSITIVE_INFINITY;
  private bad = 0;
  private isJudged = false;
  private losses: { readonly mean: number; readonly median: number }[] = [];
  /** A version that gateways found good, and a later one that is to take its place when they have measured it. */
  private anchor: number | undefined;
  private candidate: number | undefined;

  /** Versions whose checkpoints are to stay while gateways are all that measures. */
  get kept(): readonly number[] {
    return [this.anchor, this.candidate].filter((version) => version !== undefined);
  }

  /** Takes a version. @returns what is to be done if the model has diverged; it is said once, and the watch restarts */
  take(report: VersionReport): Divergence | undefined {
    const { average, best } = report;
    if (average && distinguishesModels(average)) {
      if (!this.isJudged) this.forget();
      this.isJudged = true;
      // The checkpoint of the best version stays anyway.
      this.anchor = undefined;
      const isWorse = isFarBelow(average, best);
      if (!this.count(average.loss, isWorse)) return undefined;
      const text = `its loss on the held-out windows is ${short(average.loss)}, and was ${short(this.lowest)}`;
      this.forget();
      return { text, target: best?.version };
    }
    if (this.isJudged) return undefined;
    return this.byGateways(report);
  }

  /** Restarts, with another model. The good version stays known. */
  forget(): void {
    this.lowest = Number.POSITIVE_INFINITY;
    this.bad = 0;
    this.losses = [];
    this.candidate = undefined;
  }

  private byGateways({ version, contributions, best }: VersionReport): Divergence | undefined {
    const counted = contributions.filter(({ weight }) => weight > 0);
    const claimed = counted.map(({ lossBefore }) => lossBefore).filter((loss) => loss !== undefined);
    if (claimed.length === 0) return undefined;
    const newest = { mean: meanOf(claimed), median: median(claimed) };
    this.losses = [...this.losses, newest].slice(-window);
    if (this.losses.length < window) return undefined;
    const mean = meanOf(this.losses.map((one) => one.mean));
    const middle = median(this.losses.map((one) => one.median));
    const before = this.lowest;
    if (this.count(Math.min(mean, middle), true, Math.max(mean, middle))) {
      const text = `the loss before rounds of gateways is ${short(middle)}, and was ${short(before)}`;
      this.forget();
      return { text, target: this.anchor ?? best?.version };
    }
    // Gateways measured the versions that they began with.
    const measured = version - 1 - Math.min(...counted.map(({ age }) => age));
    const isGood = Math.max(mean, middle, newest.median) < good * this.lowest;
    if (!isGood) this.candidate = undefined;
    else if (this.candidate === undefined) this.candidate = version;
    else if (measured >= this.candidate) {
      this.anchor = this.candidate;
      this.candidate = version;
    }
    return undefined;
  }

  /**
   * @param careful an upper figure of the same loss, by which the lowest one is remembered
   * @returns whether the loss was bad often enough
   */
  private count(loss: number, isWorse: boolean, careful = loss): boolean {
    const isBad = isWorse && !(loss <= 2 * this.lowest + 1);
    this.bad = isBad ? this.bad + 1 : 0;
    if (careful < this.lowest) this.lowest = careful;
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

const meanOf = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
