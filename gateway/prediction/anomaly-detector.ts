import { allowedFalseAlarms, type Task } from '../task';
import type { AnomalyVerdict } from './answers';
import { ErrorThreshold } from './error-threshold';

/** Windows that both models score when one follows the other. */
const comparedWindows = 16;
/** Windows after which it is clear whether a threshold from before a restart fits the current model. */
const checkedWindows = 16;
/** If errors change by more than this factor, they are of another model, and the threshold is learned again. */
const muchChanged = 2;
/** An error this many times the threshold is of another kind than ordinary ones. */
const farAbove = 4;
/** If more than this share of many windows is far above, they are ordinary: the stream has changed for good. */
const mostFar = 0.1;

/**
 * Detects windows that an autoencoder reconstructs worse than expected. The expectation follows from the windows seen
 * so far. When another version of the model arrives, both versions score the same few windows, which shows how much the
 * errors have changed: after a small change the threshold is scaled, after a large change it is learned again. Until it
 * is, windows far above the scaled one are anomalies.
 *
 * Windows far above the threshold are not learned from: a fault that nobody repairs stays an anomaly for hundreds of
 * windows. If they remain frequent, they are ordinary.
 *
 * The learned threshold can survive a restart. The windows cannot, because they are measurements of a person. If
 * another version scores after the restart, its first errors show whether they are of the same size as the stored ones.
 */
export class AnomalyDetector {
  private readonly threshold: ErrorThreshold;
  private readonly channels: readonly string[];
  /** The newest ordinary windows with their errors. The oldest is overwritten first. */
  private readonly compared: { readonly window: Float32Array; error: number }[] = [];
  private nextCompared = 0;
  /** Change of the errors, as a factor, since the oldest error of the threshold. */
  private drift = 1;
  private sinceDrift = 0;
  /** Errors of a version that could not be compared with the versions before it; undefined if it was compared. */
  private unchecked: number[] | undefined;
  /** The threshold before it was learned again, for the errors of the present version. */
  private former: number | undefined;
  /** Windows of the present period, those among them far above, and whether the period before had many. */
  private seen = 0;
  private far = 0;
  private learnsFar = false;

  constructor(task: Task) {
    this.channels = task.input.channels.map((channel) => channel.name);
    this.threshold = new ErrorThreshold(allowedFalseAlarms(task));
  }

  /**
   * Scores a window and learns from its score.
   * @param window `[length, channels]`; the detector keeps it and does not change it
   * @param outputs the reconstruction of the window, same shape
   */
  judge(window: Float32Array, outputs: Float32Array): AnomalyVerdict {
    const errors: Record<string, number> = {};
    this.channels.forEach((name, c) => {
      errors[name] = meanSquared(window, outputs, c, this.channels.length);
    });
    const score = meanSquared(window, outputs, 0, 1);
    const { value: threshold, needed, size } = this.threshold;
    const far = farAbove * (threshold ?? this.former ?? Number.POSITIVE_INFINITY);
    const limit = threshold ?? far;
    const anomaly = score > limit;
    this.learn(window, score, { anomaly, isFar: score > far });
    const isLearning = threshold === undefined && !anomaly;
    const known = isLearning ? { learning: { windows: size, needed } } : { threshold: limit };
    return { kind: 'anomaly', anomaly, score, errors, ...known };
  }

  /** The learned state that is worth storing. Undefined while there is no threshold. */
  get learned(): { readonly errors: Float32Array; readonly drift: number } | undefined {
    if (this.threshold.value === undefined) return undefined;
    return { errors: this.threshold.list(), drift: this.drift };
  }

  /**
   * Takes what another detector has learned of the same model. It is called before the first window.
   * @param sameVersion whether the errors are of the current version
   */
  restore({ errors, drift }: { errors: Float32Array; drift: number }, sameVersion: boolean): void {
    for (const error of errors) this.threshold.add(error);
    this.drift = drift;
    if (!sameVersion) this.unchecked = [];
  }

  /**
   * Another version scores from now on. @param predict reconstructs windows, laid out one after the other, with the new
   * version
   */
  async follow(predict: (x: Float32Array, count: number) => Promise<Float32Array>): Promise<void> {
    const { compared } = this;
    const size = compared[0]?.window.length ?? 0;
    if (size === 0) {
      // There is nothing to compare with except the errors from before a restart.
      if (this.threshold.size > 0) this.unchecked = [];
      return;
    }
    const x = new Float32Array(compared.length * size);
    compared.forEach(({ window }, i) => {
      x.set(window, i * size);
    });
    const outputs = await predict(x, compared.length);
    const ratios = compared.map((each, i) => {
      const error = meanSquared(each.window, outputs.subarray(i * size, (i + 1) * size), 0, 1);
      const ratio = each.error > 0 && error !== each.error ? error / each.error : 1;
      each.error = error;
      return ratio;
    });
    const ratio = ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? 1;
    const scaled = (this.threshold.value ?? this.former ?? Number.NaN) * ratio;
    if (!(ratio > 0)) return this.relearn();
    this.drift *= ratio;
    if (this.drift > muchChanged || this.drift < 1 / muchChanged) this.relearn(scaled);
    else {
      if (this.former !== undefined) this.former *= ratio;
      this.threshold.scale(ratio);
      this.unchecked = this.unchecked?.map((each) => each * ratio);
    }
  }

  private learn(
    window: Float32Array,
    score: number,
    { anomaly, isFar }: { anomaly: boolean; isFar: boolean },
  ): void {
    // The model cannot compute this window, so its error says nothing of other windows.
    if (!Number.isFinite(Math.fround(score))) return;
    if (this.isLeftOut(isFar)) return;
    this.check(score);
    this.threshold.add(score);
    if (++this.sinceDrift >= this.threshold.capacity) {
      this.sinceDrift = 0;
      this.drift = 1;
    }
    if (anomaly) return;
    this.compared[this.nextCompared] = { window, error: score };
    this.nextCompared = (this.nextCompared + 1) % comparedWindows;
  }

  /**
   * Checks whether the first errors of a version are of the same size as the learned ones. If not, the learned ones are
   * dropped.
   */
  private check(score: number): void {
    const { unchecked } = this;
    if (!unchecked) return;
    unchecked.push(score);
    if (unchecked.length < checkedWindows) return;
    this.unchecked = undefined;
    // The newest errors of the threshold are those of `unchecked`, except the last one.
    const before = this.threshold.list().subarray(0, 1 - checkedWindows);
    const ratio = median(unchecked) / median(before);
    if (ratio <= muchChanged && ratio >= 1 / muchChanged) return;
    this.relearn();
    for (const each of unchecked.slice(0, -1)) this.threshold.add(each);
  }

  /** Counts a window. @returns whether it is not learned from */
  private isLeftOut(isFar: boolean): boolean {
    if (isFar) this.far++;
    if (++this.seen >= this.threshold.capacity) {
      this.learnsFar = this.far > mostFar * this.seen;
      this.seen = this.far = 0;
    }
    return isFar && !this.learnsFar;
  }

  /** @param former what the threshold would be now, if that is known */
  private relearn(former?: number): void {
    this.former = former !== undefined && former > 0 ? former : undefined;
    this.threshold.clear();
    this.drift = 1;
    this.sinceDrift = 0;
    this.unchecked = undefined;
  }
}

function median(values: ArrayLike<number>): number {
  return Float64Array.from(values).sort()[values.length >> 1] ?? 0;
}

/** Mean square of every `step`th difference from `from` on. Infinite if the model gives no numbers. */
function meanSquared(window: Float32Array, outputs: Float32Array, from: number, step: number): number {
  let sum = 0;
  for (let i = from; i < window.length; i += step) sum += (window[i]! - outputs[i]!) ** 2;
  return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : (sum * step) / window.length;
}
