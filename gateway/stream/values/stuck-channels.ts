/** Readings for which a channel has to be the same before it is named, and the seconds that they have to last. */
const [fewest, leastSeconds] = [512, 30];
/** A channel that varied finely: over this many readings, with this many a value at most, on average and at the longest. */
const [known, meanRun, longestRun] = [512, 4, 128];
/** Share of its changes that are falls, at least, and rises, at least. */
const fewestFalls = 0.1;
/** Its standstill is longer than any before by this factor. */
const longer = 32;
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
 * steps and a coarse thermometer may be the same for hours, so that a channel is named in two cases only: it is an axis
 * of a sensor whose other axes change, or its own values have changed all the time before. Each channel is reported
 * once, and its values are used.
 */
export class StuckChannels {
  private readonly channels: readonly History[];
  private readonly enough: number;

  /** @param onFound receives a channel and what was found, in words */
  constructor(
    names: readonly string[],
    rateHz: number,
    private readonly onFound: (channel: string, text: string) => void,
  ) {
    this.enough = Math.max(fewest, Math.ceil(leastSeconds * rateHz));
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
}

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
