import { SeededRandom } from '../../platform';
import { rowsOf, type SyntheticOptions, SyntheticSource } from './synthetic-source';

/** Options: the people and the length of their streams. */
export interface SyntheticEcgOptions extends SyntheticOptions {
  /** Seconds of each person's stream. Default 180. */
  readonly seconds?: number;
  /** Share of beats that come early from a ventricle, 0 to 0.5. Default 0.02. */
  readonly ectopic?: number;
}

const rateHz = 125;
/** Time before and after the R peak in which a beat is visible, in seconds. */
const [before, after] = [0.45, 0.75];

/** One wave of a beat: millivolts, seconds from the R peak, width (deviation) in seconds. */
type Wave = readonly [height: number, at: number, width: number];

interface Beat {
  /** Time of the R peak, seconds. */
  readonly at: number;
  readonly waves: readonly Wave[];
  readonly ectopic: boolean;
}

/**
 * Synthetic people with one lead of an electrocardiogram, in millivolts at 125 Hz. Beats are sums of Gaussian waves P,
 * Q, R, S and T (as in McSharry 2003), breathing changes the rhythm, and the baseline wanders. Some beats come early,
 * wide and without a P wave, and a pause follows: a premature ventricular contraction, labelled V while it is visible;
 * everything else is N.
 */
export class SyntheticEcg extends SyntheticSource {
  readonly channels = ['ecg'];
  readonly rateHz = rateHz;
  readonly labels = ['N', 'V'];
  private readonly rows: number;
  private readonly ectopic: number;

  /** @throws FtteError `config-invalid` */
  constructor({ seconds = 180, ectopic = 0.02, ...options }: SyntheticEcgOptions = {}) {
    const rows = rowsOf(seconds, rateHz);
    super(options, rows);
    this.rows = rows;
    this.ectopic = Math.min(0.5, Math.max(0, ectopic));
  }

  protected override *stream(seed: number) {
    const heart = new Heart(new SeededRandom(seed), this.ectopic);
    for (let i = 0; i < this.rows; i++) {
      const { value, ectopic } = heart.next(1 / rateHz);
      yield { values: [value], label: ectopic ? 'V' : 'N' };
    }
  }
}

/** The heart, the electrode and the breathing of one person. */
class Heart {
  private readonly period: number;
  private readonly breathHz: number;
  /** The amount by which breathing changes the rhythm, and the baseline. */
  private readonly sinus: number;
  private readonly wander: number;
  private readonly noise: number;
  private readonly normal: (period: number) => readonly Wave[];
  private readonly early: readonly Wave[];
  /** The visible beats and the next ones. */
  private beats: Beat[] = [];
  private time = 0;
  private drift = 0;

  constructor(
    private readonly random: SeededRandom,
    private readonly ectopic: number,
  ) {
    const between = (low: number, high: number) => low + (high - low) * random.uniform();
    this.period = between(0.68, 1.02);
    this.breathHz = between(0.2, 0.32);
    this.sinus = between(0.02, 0.06);
    this.wander = between(0.02, 0.06);
    this.noise = between(0.008, 0.02);
    const gain = between(0.8, 1.25);
    const [p, q, r, s, t] = [
      between(0.08, 0.16),
      between(-0.16, -0.05),
      between(0.9, 1.3),
      between(-0.35, -0.12),
      between(0.18, 0.38),
    ];
    const tAt = between(0.27, 0.31);
    // Repolarisation takes longer at slow rates, with the square root of the period (Bazett).
    this.normal = (period) => [
      [gain * p, -0.165, 0.022],
      [gain * q, -0.03, 0.009],
      [gain * r, 0, 0.011],
      [gain * s, 0.03, 0.011],
      [gain * t, tAt * Math.sqrt(period), 0.045],
    ];
    const size = between(1.1, 1.6) * gain;
    this.early = [
      [size, 0, 0.034],
      [-0.45 * size, 0.095, 0.036],
      [-0.3 * size, 0.31, 0.065],
    ];
    this.beats.push({ at: between(0, this.period), waves: this.normal(this.period), ectopic: false });
  }

  /** The next reading, `dt` seconds after the one before. */
  next(dt: number): { value: number; ectopic: boolean } {
    this.time += dt;
    while ((this.beats.at(-1)?.at ?? 0) < this.time + before) this.addBeats();
    if ((this.beats[0]?.at ?? 0) < this.time - after) this.beats.shift();
    this.drift += -0.2 * dt * this.drift + 0.02 * Math.sqrt(dt) * this.random.normal();
    let value =
      this.wander * Math.sin(2 * Math.PI * this.breathHz * this.time) +
      this.drift +
      this.noise * this.random.normal();
    let ectopic = false;
    for (const beat of this.beats) {
      const since = this.time - beat.at;
      for (const [height, at, width] of beat.waves)
        value += height * Math.exp(-(((since - at) / width) ** 2) / 2);
      if (beat.ectopic && since > -0.1 && since < 0.5) ectopic = true;
    }
    return { value, ectopic };
  }

  /** Adds the next beat. If it comes early, the beat after the pause is added as well. */
  private addBeats(): void {
    const last = this.beats.at(-1)?.at ?? 0;
    const breath = Math.sin(2 * Math.PI * this.breathHz * last + 1);
    const period = this.period * (1 + this.sinus * breath + 0.015 * this.random.normal());
    const normal = this.normal(period);
    if (this.random.uniform() >= this.ectopic) {
      this.beats.push({ at: last + period, waves: normal, ectopic: false });
      return;
    }
    const early = last + period * (0.58 + 0.12 * this.random.uniform());
    this.beats.push({ at: early, waves: this.early, ectopic: true });
    // The sinus node is not reset, so the beat after the pause comes at its usual time.
    this.beats.push({ at: last + 2 * period, waves: normal, ectopic: false });
  }
}
