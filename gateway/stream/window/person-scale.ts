import type { Task } from '../../task';
import type { Scaling } from './normalise';

/** Windows that the task's own centre and spread count as, so that the first windows are not compared with themselves. */
const priorWindows = 5;
/** Windows after which earlier ones begin to be forgotten. */
const mostWindows = 2000;
/** Share of the task's spread below which a person's is not believed: a sensor at rest. */
const leastSpread = 0.05;

/**
 * Centre and spread of one person's stream so far, each window counted once: the mean of all windows, the newest included, and
 * from 2 000 windows on a mean that decays. It begins with those of the task. Side inputs, channels
 * of presence and categories keep the task's.
 */
export class PersonScale {
  private readonly means: Float64Array;
  private readonly squares: Float64Array;
  private windows = priorWindows;

  constructor(private readonly input: Task['input']) {
    this.means = Float64Array.from(input.channels, ({ centre }) => centre);
    this.squares = Float64Array.from(input.channels, ({ centre, spread }) => centre ** 2 + spread ** 2);
  }

  /** Counts the next window of the person, `[rows, channels]` in the units of the channels. @returns its scaling */
  next(window: Float32Array): Scaling {
    const { channels, length } = this.input;
    this.windows = Math.min(this.windows + 1, mostWindows);
    const centre: number[] = [];
    const spread: number[] = [];
    channels.forEach((channel, c) => {
      const isFixed = channel.side || channel.presence !== undefined || channel.category !== undefined;
      if (!isFixed) this.count(window, c, length, channels.length);
      centre.push(isFixed ? channel.centre : this.means[c]!);
      const deviation = Math.sqrt(Math.max(0, this.squares[c]! - this.means[c]! ** 2));
      spread.push(isFixed ? channel.spread : Math.max(leastSpread * channel.spread, deviation));
    });
    return { centre, spread };
  }

  private count(window: Float32Array, channel: number, rows: number, width: number): void {
    let [sum, squares] = [0, 0];
    for (let i = channel; i < rows * width; i += width) {
      sum += window[i]!;
      squares += window[i]! ** 2;
    }
    this.means[channel]! += (sum / rows - this.means[channel]!) / this.windows;
    this.squares[channel]! += (squares / rows - this.squares[channel]!) / this.windows;
  }
}

/** The scales of the people of a recording, whose windows come in the order in which they were recorded. */
export class PersonScales {
  private readonly people = new Map<string | number | undefined, PersonScale>();

  constructor(private readonly input: Task['input']) {}

  /** @param person undefined: all windows without a person are those of one */
  of(person: string | number | undefined): PersonScale {
    const known = this.people.get(person);
    if (known) return known;
    const scale = new PersonScale(this.input);
    this.people.set(person, scale);
    return scale;
  }
}
