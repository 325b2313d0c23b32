import { describeValue, FtteError } from '../../platform';
import { textOf } from '../values';

/**
 * The criterion that distinguishes streams: `auto` (the subject, and the device in the topic as soon as one channel
 * comes from two devices), `subject`, `topic`, or `none`.
 */
export const streamKeys = ['auto', 'subject', 'topic', 'none'] as const;
export type StreamKey = (typeof streamKeys)[number];

/** Number of topics with one reading each, after which topics are not taken for devices. */
const passing = 32;

/** Finds the owner of a reading, so that streams of different devices or people never share a window. */
export class StreamKeys {
  /** The device from which each channel has come. */
  private readonly devices = new Map<string, string>();
  private readonly readings = new Map<string, number>();
  private split = false;
  private given = false;

  /**
   * @param onSplit called with the first device when there is a second one: readings without a key belonged to the
   * first
   * @param onJoin called when topics turn out not to be devices
   */
  constructor(
    private readonly by: StreamKey,
    private readonly onSplit: (first: string, second: string) => void,
    private readonly onJoin: () => void,
  ) {}

  /**
   * The key of a reading's stream; empty for a wire with only one stream.
   * @param channel one of the channels of the reading
   * @param device the part of the topic that is not the channel; empty if there is none
   */
  keyOf(subject: string | undefined, channel: string, device: string): string {
    if (this.by === 'none') return '';
    if (this.by === 'topic') return device;
    if (subject !== undefined || this.by === 'subject') return subject ?? '';
    if (device === '' || this.given) return '';
    if (!this.split) {
      const before = this.devices.get(channel);
      if (before === undefined) this.devices.set(channel, device);
      if (before === undefined || before === device) return '';
      this.split = true;
      this.onSplit(before, device);
    }
    return this.isPassing(device) ? '' : device;
  }

  /** True if topics do not repeat, so that they name readings and not devices. */
  private isPassing(device: string): boolean {
    const { readings } = this;
    readings.set(device, (readings.get(device) ?? 0) + 1);
    if (readings.size < passing) return false;
    if ([...readings.values()].every((count) => count <= 1)) {
      this.given = true;
      this.onJoin();
    }
    readings.clear();
    return this.given;
  }
}

/**
 * The subject that a message names: a text or a number. Undefined if it names none. @throws FtteError `reading-invalid`
 */
export function readSubject(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const text = typeof value === 'boolean' ? undefined : textOf(value);
  if (text !== undefined) return text;
  throw new FtteError('reading-invalid', `subject is ${describeValue(value)}, expected a text or a number`);
}
