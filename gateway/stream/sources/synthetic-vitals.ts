import { SeededRandom } from '../../platform';
import { rowsOf, type SyntheticOptions, SyntheticSource } from './synthetic-source';

/** Options: the people and the length of their streams. */
export interface SyntheticVitalsOptions extends SyntheticOptions {
  /** Seconds of each person's stream. Default 1800. */
  readonly seconds?: number;
}

/**
 * Synthetic people whose vital signs are measured once per second while they exercise in intervals. Heart rate and
 * breathing follow the effort with a delay and oscillate, oxygen saturation falls a little, and the skin warms. The
 * next values can be predicted in part, because each person has intervals of their own length.
 */
export class SyntheticVitals extends SyntheticSource {
  readonly channels = ['hr', 'resp', 'spo2', 'temp'];
  readonly rateHz = 1;
  readonly labels = ['REST', 'EFFORT'];
  private readonly seconds: number;

  /** @throws FtteError `config-invalid` */
  constructor({ seconds = 1800, ...options }: SyntheticVitalsOptions = {}) {
    const rows = rowsOf(seconds, 1);
    super(options, rows);
    this.seconds = rows;
  }

  protected override *stream(seed: number) {
    const body = new Body(new SeededRandom(seed));
    for (let i = 0; i < this.seconds; i++) {
      const { values, effort } = body.next();
      yield { values, label: effort ? 'EFFORT' : 'REST' };
    }
  }
}

/** A quantity that approaches a target at its own pace: faster upwards than downwards, as hearts do. */
class Follower {
  private value = 0;

  constructor(
    private readonly upSeconds: number,
    private readonly downSeconds: number,
  ) {}

  next(wanted: number): number {
    const seconds = wanted > this.value ? this.upSeconds : this.downSeconds;
    this.value += (wanted - this.value) * (1 - Math.exp(-1 / seconds));
    return this.value;
  }
}

/** One person. Rates and time constants are those of healthy adults at light to moderate exercise. */
class Body {
  private readonly resting: {
    readonly hr: number;
    readonly resp: number;
    readonly spo2: number;
    temp: number;
  };
  private readonly gain: { readonly hr: number; readonly resp: number };
  /** Seconds of each interval, and the intensity of the effort, 0 to 1. */
  private readonly habit: { readonly effort: number; readonly rest: number; readonly intensity: number };
  private readonly heart: Follower;
  private readonly breath: Follower;
  private readonly oxygen = new Follower(25, 40);
  private readonly skin = new Follower(240, 400);
  /** Waves of blood pressure that the heart follows, at about 0.1 Hz (Mayer). */
  private readonly waveHz: number;
  private readonly waveBpm: number;
  private phase: number;
  private noise = 0;
  private intensity = 0;
  /** Seconds until the interval changes. */
  private left: number;

  constructor(private readonly random: SeededRandom) {
    const { between } = this;
    this.resting = {
      hr: between(56, 78),
      resp: between(11, 16),
      spo2: between(96.5, 98.5),
      temp: between(31.5, 33.5),
    };
    this.gain = { hr: between(50, 80), resp: between(9, 16) };
    this.heart = new Follower(between(20, 35), between(40, 75));
    this.breath = new Follower(between(15, 30), between(30, 55));
    this.waveHz = between(0.08, 0.12);
    this.waveBpm = between(1.5, 3);
    this.phase = between(0, 2 * Math.PI);
    this.habit = { effort: between(40, 75), rest: between(50, 100), intensity: between(0.4, 0.85) };
    this.left = between(10, 60);
  }

  next(): { values: number[]; effort: boolean } {
    const { random, resting, gain, between } = this;
    if (this.left-- <= 0) {
      this.intensity = this.intensity > 0 ? 0 : this.habit.intensity * between(0.85, 1.15);
      this.left = (this.intensity > 0 ? this.habit.effort : this.habit.rest) * between(0.9, 1.1);
    }
    const { intensity } = this;
    this.phase += 2 * Math.PI * this.waveHz * (1 + 0.1 * random.normal());
    this.noise += -0.3 * this.noise + 0.4 * random.normal();
    const effort = this.heart.next(intensity);
    const hr =
      resting.hr + gain.hr * effort + this.waveBpm * (1 - 0.6 * effort) * Math.sin(this.phase) + this.noise;
    const resp = resting.resp + gain.resp * this.breath.next(intensity) + 0.4 * random.normal();
    const spo2 = resting.spo2 - 2.5 * this.oxygen.next(intensity) + 0.15 * random.normal();
    const temp = resting.temp + 1.2 * this.skin.next(intensity) + 0.02 * random.normal();
    return { values: [hr, resp, Math.min(100, spo2), temp], effort: intensity > 0 };
  }

  private readonly between = (low: number, high: number) => low + (high - low) * this.random.uniform();
}
