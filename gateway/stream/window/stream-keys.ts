import { describeValue, FtteError } from '../../platform';
import { textOf } from '../values';

/**
 * What tells streams apart: `auto` (the subject, and the topic's device as soon as one channel comes from two),
 * `subject`, `topic`, or `none`.
 */
export const streamKeys = ['auto', 'subject', 'topic', 'none'] as const;
export type StreamKey = (typeof streamKeys)[number];

/** Topics that brought one reading each, after which they are no devices but whatever a flow writes there. */
const passing = 32;

/** Finds out whose a reading is, so that streams of different devices or people never share a window. */
export class StreamKeys {
  /** The device that each channel has come from. */
  private readonly devices = new Map<string, string>();
  private readonly readings = new Map<string, number>();
  private split = false;
  private given = false;

  /**
   * @param onSplit is called with the first device when there is a second: what came without a key was the first's
   * @param onJoin is called when topics turn out not to be devices
   */
  constructor(
    private readonly by: StreamKey,
    private readonly onSplit: (first: string, second: string) => void,
    private readonly onJoin: () => void,
  ) {}

  /**
   * The key of a reading's stream; empty for a wire that has only one.
   * @param channel one of the reading's channels
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

  /** True if topics never come again: they name readings, not devices. */
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

/** Whose stream a message says it is: a text or a number; undefined if it does not say. @throws FtteError `reading-invalid` */
export function readSubject(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const text = typeof value === 'boolean' ? undefined : textOf(value);
  if (text !== undefined) return text;
  throw new FtteError('reading-invalid', `subject is ${describeValue(value)}, expected a text or a number`);
}
