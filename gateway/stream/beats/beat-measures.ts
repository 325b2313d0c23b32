/** Longest interval between two beats, in seconds: a recording says more where a beat has no neighbour. */
const longest = 3;
/** Part that each beat has in what is usual for the person: about the last 50 beats. */
const share = 0.02;
/** Beats that a local mean is over. */
const localBeats = 10;

/** Ratios are bounded by it and its inverse. */
const leastRatio = 0.05;
/** Distance that a difference has to exceed to say much: it is added to each. */
const leastDistance = 0.02;

/** Parts of a beat in seconds from its R peak: the QRS complex, what is before it (the P wave), and after it (the T wave). */
const parts = {
  qrs: [-0.12, 0.12],
  p: [-0.32, -0.08],
  t: [0.12, 0.6],
} as const;

/** Names and units of the side inputs that a window around a beat can have, in the order in which `BeatMeasures` gives them. */
export const beatInputs = [
  { name: 'rr_before', unit: 's' },
  { name: 'rr_after', unit: 's' },
  { name: 'rr_before_ratio', unit: '' },
  { name: 'rr_after_ratio', unit: '' },
  { name: 'rr_before_local', unit: '' },
  { name: 'rr_after_before', unit: '' },
  { name: 'size', unit: '' },
  { name: 'unusual', unit: '' },
  { name: 'unusual_qrs', unit: '' },
  { name: 'unusual_p', unit: '' },
  { name: 'unusual_t', unit: '' },
] as const;

/** A beat as it was recorded. */
export interface MeasuredBeat {
  /** Milliseconds from the beat before, and to the next. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** The window around the beat, `[length, channels]`; the first `channel` of it is the lead. */
  readonly window: Float32Array;
  readonly channels: number;
  readonly channel: number;
}

/** The usual beat of a person. */
interface Usual {
  interval: number;
  deviation: number;
  /** The mean course of a beat, in deviations. */
  readonly course: Float64Array;
  readonly newest: number[];
}

/**
 * Intervals between beats and the shape of a beat, compared with what is usual for the person: an early beat is early, and an odd
 * one odd, for somebody. Ratios of intervals to the person's mean are those of de Chazal 2004 (IEEE Trans. Biomed. Eng. 51(7)).
 * `size` is the deviation of the beat over the usual one. `unusual` is the mean distance from the usual course, in usual
 * deviations, over the window or a part of it. All but the first two are natural logarithms: half and double are equally
 * far. What is usual decays over about 50 beats, and knows no later beat.
 */
export class BeatMeasures {
  private readonly people = new Map<string, Usual>();
  private readonly rows: readonly (readonly [from: number, to: number])[];

  /**
   * @param before rows of a window before its beat
   * @param length rows of a window
   */
  constructor(rateHz: number, before: number, length: number) {
    const row = (seconds: number) => Math.min(length, Math.max(0, before + Math.round(seconds * rateHz)));
    this.rows = [[0, length], ...Object.values(parts).map(([from, to]) => [row(from), row(to)] as const)];
  }

  /** Side inputs of the person's next beat, in the order of `beatInputs`. */
  next(person: string, beat: MeasuredBeat): number[] {
    const [before, after] = [beat.beforeMs, beat.afterMs].map((ms) => Math.min(ms / 1000, longest)) as [
      number,
      number,
    ];
    const { course, deviation } = courseOf(beat);
    let usual = this.people.get(person);
    if (!usual) {
      usual = { interval: before, deviation, course: scaled(course, deviation), newest: [] };
      this.people.set(person, usual);
    }
    usual.interval += share * (before - usual.interval);
    usual.deviation += share * (deviation - usual.deviation);
    const { interval, newest } = usual;
    const local = newest.length > 0 ? newest.reduce((sum, each) => sum + each, 0) / newest.length : before;
    newest.push(before);
    if (newest.length > localBeats) newest.shift();
    const own = scaled(course, usual.deviation);
    const distances = this.rows.map(([from, to]) => distance(own, usual.course, from, to));
    for (let i = 0; i < own.length; i++) usual.course[i]! += share * (own[i]! - usual.course[i]!);
    const ratios = [before / interval, after / interval, before / local, after / before];
    return [
      before,
      after,
      ...ratios.map((ratio) => logarithm(ratio)),
      logarithm(deviation / usual.deviation),
      ...distances.map((each) => Math.log(each + leastDistance)),
    ];
  }
}

/** The lead around its median, which is the line between the waves, and its deviation. */
function courseOf({ window, channels, channel }: MeasuredBeat): { course: Float64Array; deviation: number } {
  const course = Float64Array.from(
    { length: window.length / channels },
    (_, i) => window[i * channels + channel]!,
  );
  const middle = course.slice().sort()[course.length >> 1]!;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < course.length; i++) {
    course[i]! -= middle;
    sum += course[i]!;
    squares += course[i]! ** 2;
  }
  const mean = sum / course.length;
  return { course, deviation: Math.sqrt(Math.max(0, squares / course.length - mean * mean)) };
}

/** Of what has no ratio, such as two flat lines, 0. */
const logarithm = (ratio: number) =>
  Number.isNaN(ratio) ? 0 : Math.log(Math.max(leastRatio, Math.min(1 / leastRatio, ratio)));

/** A flat line has no deviation, and stays flat. */
const scaled = (course: Float64Array, deviation: number) => course.map((value) => value / (deviation || 1));

function distance(course: Float64Array, usual: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.abs(course[i]! - usual[i]!);
  return to > from ? sum / (to - from) : 0;
}
