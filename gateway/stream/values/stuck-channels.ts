/** Readings for which a channel has to be the same before it is named, and the seconds that they have to last. */
const [fewest, leastSeconds] = [512, 30];
/** A channel that varied finely: over this many readings, with this many a value at most, on average and at the longest. */
const [known, meanRun, longestRun] = [512, 4, 128];
/** Share of its changes that are falls, at least, and rises, at least. */
const fewestFalls = 0.1;
/** Its standstill is longer than any before by this factor. */
const longer = 32;
/**
 * Seconds after which the only channel is named if it has not changed since its first reading, and the rate from which on
 * this is looked for.
 */
const [startSeconds, signalHz] = [120, 20];
/** Share of the readings at which another axis of the sensor has to change. */
const lively = 0.5;

/** The sensor of which a channel is one axis: `gyro` of `gyro_x`, `gyroX` and `gyro.x`. */
const sensorOf = (name: string) => /^(.*?)[ _.:/-]?[xyz]$/i.exec(name)?.[1]?.toLowerCase();

/** The course of a channel's values. */
interface History {
  readonly name: string;
  /** The channels that are other axes of the same sensor. */
  readonly axes: readonly number[];
  last: number;
  /** Values like the last one in a row, with it. */
  run: number;
  /** Values before them, and the longest run among those. */
  before: number;
  longest: number;
  /** Number of its changes, and of those to a lower value. */
  changes: number;
  falls: number;
  hasNegative: boolean;
  /** For each of `axes`: its changes at the start of the run. */
  readonly changesThen: number[];
  isSaid: boolean;
}

/**
 * Finds channels of one stream that stand still: the sensor is stuck, or nothing is connected. A switch, a counter of
 * steps and a coarse thermometer may be the same for hours, so that a channel is named in three cases only: it is an axis
 * of a sensor whose other axes change, its own values have changed all the time before, or it is the only one, is read as
 * fast as a signal, and has never changed. Each channel is reported once, and its values are used.
 */
export class StuckChannels {
  private readonly channels: readonly History[];
  private readonly enough: number;
  /** Readings from the first one on for which the only channel has to be the same; infinite for slow sensors. */
  private readonly enoughFromStart: number;

  /** @param onFound receives a channel and what was found, in words */
  constructor(
    names: readonly string[],
    private readonly rateHz: number,
    private readonly onFound: (channel: string, text: string) => void,
  ) {
    this.enough = Math.max(fewest, Math.ceil(leastSeconds * rateHz));
    this.enoughFromStart = rateHz >= signalHz ? Math.ceil(startSeconds * rateHz) : Number.POSITIVE_INFINITY;
    const sensors = names.map(sensorOf);
    this.channels = names.map((name, c) => {
      const axes = [...sensors.keys()].filter(
        (i) => i !== c && sensors[c] !== undefined && sensors[i] === sensors[c],
      );
      const counts = { run: 0, before: 0, longest: 0, changes: 0, falls: 0, hasNegative: false };
      return { name, axes, last: Number.NaN, ...counts, changesThen: axes.map(() => 0), isSaid: false };
    });
  }

  /** Examines the values of a row; NaN is a missing value. */
  check(row: Float64Array): void {
    for (let c = 0; c < row.length; c++) {
      const channel = this.channels[c]!;
      const value = row[c]!;
      if (Number.isNaN(value)) continue;
      if (value !== channel.last) this.change(channel, value);
      else if (++channel.run >= this.enough && !channel.isSaid) this.judge(channel);
    }
  }

  private change(channel: History, value: number): void {
    if (channel.run > 0) channel.changes++;
    if (value < channel.last) channel.falls++;
    if (value < 0) channel.hasNegative = true;
    channel.before += channel.run;
    channel.longest = Math.max(channel.longest, channel.run);
    channel.last = value;
    channel.run = 1;
    channel.axes.forEach((axis, i) => {
      channel.changesThen[i] = this.channels[axis]!.changes;
    });
  }

  private judge(channel: History): void {
    const { name, axes, run, changesThen } = channel;
    if (this.isStillFromStart(channel)) {
      channel.isSaid = true;
      this.onFound(
        name,
        `channel ${name} has been ${channel.last} since its first reading, ${run} times: is its sensor connected? It is used`,
      );
      return;
    }
    const moving = axes.filter((axis, i) => this.channels[axis]!.changes - changesThen[i]! >= lively * run);
    if (moving.length === 0 && !hasStopped(channel)) return;
    channel.isSaid = true;
    const others = moving.map((axis) => this.channels[axis]!.name).join(', ');
    const beside = others === '' ? 'and changed all the time before' : `while ${others} changed`;
    this.onFound(
      name,
      `channel ${name} has not changed for ${run} readings, ${beside}: is its sensor stuck? It is used`,
    );
  }

  /** Whether the only channel has had one value since its first reading, longer than a switch or a slow sensor explains. */
  private isStillFromStart({ name, last, run, before }: History): boolean {
    const isLong = run >= this.enoughFromStart && before === 0 && this.channels.length === 1;
    return isLong && !isSlow(name, last, this.rateHz);
  }
}

/** Names of things that are the same for hours. */
const still =
  /door|window|contact|switch|button|open|clos|state|status|mode|motion|occupan|presence|alarm|leak|relay|valve|temp|humid|level|press|batter|co2|lux|light|count|tank|weight|set/i;

/** Rate at which nobody reads a switch. */
const fastHz = 100;

/** Whether a channel may well be the same for minutes, by its name, or because 0 and 1 are the states of a switch. */
function isSlow(name: string, value: number, rateHz: number): boolean {
  return still.test(name) || ((value === 0 || value === 1) && rateHz < fastHz) || isTenths(value);
}

/** Whether a value has the step of a slow sensor: a tenth or a sixteenth. Counts of a converter are whole, and not such a value. */
const isTenths = (value: number): boolean =>
  !Number.isInteger(value) && (Number.isInteger(value * 16) || Number.isInteger(Math.fround(value * 10)));

/** Whether a channel varied finely, and then stopped. A counter that stops, and a speed or power that is 0, are at rest. */
function hasStopped({ last, run, before, longest, changes, falls, hasNegative }: History): boolean {
  if (last === 0 && !hasNegative) return false;
  const isFine = before >= known && before <= meanRun * changes && longest <= longestRun;
  return (
    isFine &&
    run >= longer * longest &&
    falls >= fewestFalls * changes &&
    falls <= (1 - fewestFalls) * changes
  );
}
