import { completeRows, type RecordingSource } from '../../stream';
import type { TaskInput } from '../../task';

type Channel = TaskInput['input']['channels'][number];

/**
 * Fills missing values of a recording as the window node does: with the last value within the window, before it with the
 * mean of the channel.
 */
export class MissingValues {
  /** Channels of the windows. */
  readonly channels: readonly Channel[];
  private readonly means: readonly number[];
  private readonly rateHz: number;

  /**
   * @param train the recording whose means are used
   * @param addsPresence whether channels that have missing values get two more, which say where they had values
   */
  constructor(train: RecordingSource, addsPresence: boolean) {
    const width = train.channels.length;
    const sums = new Float64Array(width);
    const counts = new Float64Array(width);
    let values = 0;
    for (const { window } of train.windows()) {
      values += window.length / width;
      window.forEach((value, i) => {
        if (Number.isNaN(value)) return;
        sums[i % width]! += value;
        counts[i % width]!++;
      });
    }
    this.rateHz = train.rateHz ?? 1;
    this.means = Array.from(sums, (sum, c) => (counts[c]! > 0 ? sum / counts[c]! : 0));
    const measured = train.channels.map((name, i) => ({ name, unit: train.units[i] ?? '' }));
    this.channels = [
      ...measured,
      ...measured.flatMap(({ name }, c) =>
        addsPresence && counts[c]! < values
          ? (['known', 'since'] as const).map((as) => ({
              name: `${name} ${as}`,
              unit: as === 'since' ? 's' : '',
              presence: { of: name, as },
            }))
          : [],
      ),
    ];
  }

  /** A window of the recording as the model gets it, not normalised. */
  fill(window: Float32Array): Float32Array {
    const channels = this.channels.map(({ name, unit = '', presence }, c) => ({
      ...{ name, unit, centre: this.means[c] ?? 0, spread: 1 },
      ...(presence && { presence }),
    }));
    return completeRows(window, { channels, rateHz: this.rateHz });
  }
}
