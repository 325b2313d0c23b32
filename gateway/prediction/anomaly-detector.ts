import type { Task } from '../task';
import type { AnomalyVerdict } from './answers';
import { ErrorThreshold } from './error-threshold';

/** Windows that both models judge when one follows the other. */
const comparedWindows = 16;
/** Windows after which it is known whether what was learned before a restart fits the model that judges now. */
const checkedWindows = 16;
/** Errors that change by more than this factor are of another model: the threshold is learned anew. */
const muchChanged = 2;

/**
 * Tells which windows an autoencoder gives back worse than it should. What is worse than it should be follows from the
 * windows seen so far. When another version of the model comes, the same few windows judged by both tell how errors
 * have changed: a little, and the threshold moves along; much, and it is learned anew.
 *
 * What it has learned can be taken over a restart, windows apart: those are a person's. Where another version judges
 * then, the first windows tell whether its errors are of the same size as those learned from.
 */
export class AnomalyDetector {
  private readonly threshold: ErrorThreshold;
  private readonly channels: readonly string[];
  /** The newest ordinary windows with their errors, oldest overwritten first. */
  private readonly compared: { readonly window: Float32Array; error: number }[] = [];
  private nextCompared = 0;
  /** Change of errors since the oldest of those that the threshold is made of. */
  private drift = 1;
  private sinceDrift = 0;
  /** Errors by a version that those before were not compared with; absent when they were. */
  private unchecked: number[] | undefined;

  constructor(task: Task) {
    this.channels = task.input.channels.map((channel) => channel.name);
    this.threshold = new ErrorThreshold(task.anomaly?.falseAlarms ?? 0.01);
  }

  /**
   * @param window `[length, channels]`; kept, never changed
   * @param outputs the window as the model gives it back, same shape
   */
  judge(window: Float32Array, outputs: Float32Array): AnomalyVerdict {
    const errors: Record<string, number> = {};
    this.channels.forEach((name, c) => {
      errors[name] = meanSquared(window, outputs, c, this.channels.length);
    });
    const score = meanSquared(window, outputs, 0, 1);
    const { value: threshold, needed, size } = this.threshold;
    const anomaly = threshold !== undefined && score > threshold;
    this.learn(window, score, anomaly);
    const known = threshold === undefined ? { learning: { windows: size, needed } } : { threshold };
    return { kind: 'anomaly', anomaly, score, errors, ...known };
  }

  /** What there is to keep over a restart; undefined while there is no threshold. */
  get learned(): { readonly errors: Float32Array; readonly drift: number } | undefined {
    if (this.threshold.value === undefined) return undefined;
    return { errors: this.threshold.list(), drift: this.drift };
  }

  /**
   * Takes what another watch has learned of the same model, before the first window.
   * @param sameVersion whether the errors are of the version that judges now
   */
  restore({ errors, drift }: { errors: Float32Array; drift: number }, sameVersion: boolean): void {
    for (const error of errors) this.threshold.add(error);
    this.drift = drift;
    if (!sameVersion) this.unchecked = [];
  }

  /** Another version judges from now on. @param predict gives windows end to end back, as the new version does */
  async follow(predict: (x: Float32Array, count: number) => Promise<Float32Array>): Promise<void> {
    const { compared } = this;
    const size = compared[0]?.window.length ?? 0;
    if (size === 0) {
      // Nothing to compare by, but what was learned before a restart.
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
    if (!(ratio > 0)) return this.relearn();
    this.drift *= ratio;
    if (this.drift > muchChanged || this.drift < 1 / muchChanged) this.relearn();
    else {
      this.threshold.scale(ratio);
      this.unchecked = this.unchecked?.map((each) => each * ratio);
    }
  }

  private learn(window: Float32Array, score: number, anomaly: boolean): void {
    // A window beyond what the model can compute says nothing of those within it.
    if (!Number.isFinite(Math.fround(score))) return;
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

  /** Whether the first errors of a version are of the size of those learned from; if not, these are forgotten. */
  private check(score: number): void {
    const { unchecked } = this;
    if (!unchecked) return;
    unchecked.push(score);
    if (unchecked.length < checkedWindows) return;
    this.unchecked = undefined;
    // Those of `unchecked` but the one at hand are in there, too: the newest.
    const before = this.threshold.list().subarray(0, 1 - checkedWindows);
    const ratio = median(unchecked) / median(before);
    if (ratio <= muchChanged && ratio >= 1 / muchChanged) return;
    this.relearn();
    for (const each of unchecked.slice(0, -1)) this.threshold.add(each);
  }

  private relearn(): void {
    this.threshold.clear();
    this.drift = 1;
    this.sinceDrift = 0;
    this.unchecked = undefined;
  }
}

function median(values: ArrayLike<number>): number {
  return Float64Array.from(values).sort()[values.length >> 1] ?? 0;
}

/** Mean over every `step`th value from `from` on; infinite where the model gives no numbers. */
function meanSquared(window: Float32Array, outputs: Float32Array, from: number, step: number): number {
  let sum = 0;
  for (let i = from; i < window.length; i += step) sum += (window[i]! - outputs[i]!) ** 2;
  return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : (sum * step) / window.length;
}
