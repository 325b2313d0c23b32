import { FtteError } from '../../platform';
import { leastBeatRateHz } from '../../task';
import { BandPass } from './band-pass';

/** Band of the QRS complex, Hz. */
const lowHz = 8;
const highHz = 20;
/** Durations of a QRS complex and of a beat, seconds. */
const qrsSeconds = 0.097;
const beatSeconds = 0.611;
/** Share of the mean energy that is added to the threshold. */
const offset = 0.08;
/** Seconds over which the mean energy is taken. */
const meanSeconds = 10;
/** A square counts at most as this many times the mean energy, so that a loose electrode does not hide the next minutes. */
const mostEnergy = 50;
/** No beat follows another so soon, because the muscle does not answer yet (Pan and Tompkins 1985). */
const refractorySeconds = 0.2;
/** A block that lasts longer is no QRS complex, and a beat is not waited for any longer. */
const longestBlockSeconds = 0.6;

/**
 * Finds R peaks in one lead of an electrocardiogram, value by value: the two moving averages of Elgendi 2013 ("Fast QRS
 * Detection with an Optimized Knowledge-Based Method", PLoS ONE 8(9): e73557). The signal passes a band from 8 to 20 Hz and
 * is squared. A block is where its mean over the time of a QRS complex is above its mean over the time of a beat, plus 8 % of
 * the mean energy. A block at least as long as a QRS complex is a beat, and its largest value the peak. Because the end of
 * the stream is not known, the mean energy is that of about the last 10 s, and the filter has a linear phase.
 */
export class RPeaks {
  /** Most values from a peak to the one that finds it. */
  readonly latest: number;
  private readonly filter: BandPass;
  private readonly halfQrs: number;
  private readonly halfBeat: number;
  private readonly longestBlock: number;
  private readonly refractory: number;
  private readonly memory: number;
  /** The newest squares, each at its number modulo the length. */
  private readonly squares: Float64Array;
  private first: number | undefined;
  /** Number of values that came. */
  private count = 0;
  private energy = 0;
  private qrsSum = 0;
  private beatSum = 0;
  private blockLength = 0;
  private peak = -1;
  private largest = 0;
  private lastPeak = Number.NEGATIVE_INFINITY;

  /** @throws FtteError `config-invalid` if the rate is too low */
  constructor(rateHz: number) {
    if (!(rateHz >= leastBeatRateHz))
      throw new FtteError(
        'config-invalid',
        `beats can be found in ${leastBeatRateHz} readings per second or more, got ${rateHz}`,
        { rateHz },
      );
    this.filter = new BandPass(rateHz, lowHz, highHz);
    this.halfQrs = halfOf(qrsSeconds * rateHz);
    this.halfBeat = halfOf(beatSeconds * rateHz);
    this.longestBlock = Math.round(longestBlockSeconds * rateHz);
    this.refractory = refractorySeconds * rateHz;
    this.memory = meanSeconds * rateHz;
    this.squares = new Float64Array(2 * this.halfBeat + 2);
    this.latest = this.filter.delay + this.halfBeat + this.longestBlock;
  }

  /** @returns the number of the value at a peak that this one shows, counted from 0; -1 for none */
  push(value: number): number {
    const { filter, halfBeat, halfQrs } = this;
    // Without the first value, a signal far from 0 would begin with a step.
    this.first ??= value;
    const filtered = filter.push(value - this.first);
    const newest = this.count - filter.delay;
    this.count++;
    if (newest < 0) return -1;
    const square = filtered * filtered;
    const counted = newest < this.memory / 5 ? square : Math.min(square, mostEnergy * this.energy);
    this.energy += (counted - this.energy) / Math.min(newest + 1, this.memory);
    this.beatSum += square - this.squareAt(newest - 2 * halfBeat - 1);
    this.squares[newest % this.squares.length] = square;
    const place = newest - halfBeat;
    this.qrsSum += this.squareAt(place + halfQrs) - this.squareAt(place - halfQrs - 1);
    if (newest % this.squares.length === 0) this.sumAgain(newest, place);
    // In the first moment noise is all there is to compare with.
    return place < 2 * halfBeat ? -1 : this.judge(place);
  }

  /** Forgets the signal: the next value is number 0 of another one. */
  reset(): void {
    this.filter.reset();
    this.squares.fill(0);
    this.first = undefined;
    this.count = 0;
    this.energy = 0;
    this.qrsSum = 0;
    this.beatSum = 0;
    this.blockLength = 0;
    this.lastPeak = Number.NEGATIVE_INFINITY;
  }

  private judge(place: number): number {
    const { halfQrs, halfBeat, blockLength } = this;
    const qrsMean = this.qrsSum / (2 * halfQrs + 1);
    const beatMean = this.beatSum / (2 * halfBeat + 1);
    if (qrsMean > beatMean + offset * this.energy && blockLength < this.longestBlock) {
      const square = this.squareAt(place);
      if (blockLength === 0 || square > this.largest) {
        this.peak = place;
        this.largest = square;
      }
      this.blockLength++;
      return -1;
    }
    this.blockLength = 0;
    if (blockLength < 2 * halfQrs + 1 || this.peak - this.lastPeak < this.refractory) return -1;
    this.lastPeak = this.peak;
    return this.peak;
  }

  private squareAt(number: number): number {
    return number < 0 ? 0 : this.squares[number % this.squares.length]!;
  }

  /** Adds the sums up from the start, so that what one huge value leaves by rounding does not stay. */
  private sumAgain(newest: number, place: number): void {
    this.beatSum = 0;
    this.qrsSum = 0;
    for (let n = newest - 2 * this.halfBeat; n <= newest; n++) this.beatSum += this.squareAt(n);
    for (let n = place - this.halfQrs; n <= place + this.halfQrs; n++) this.qrsSum += this.squareAt(n);
  }
}

/** Values on either side of the middle of a mean over so many. */
const halfOf = (values: number) => Math.max(1, Math.round((values - 1) / 2));
