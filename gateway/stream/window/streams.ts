import type { StreamContext } from './stream-context';
import { StreamCutter } from './stream-cutter';
import { type StreamKey, StreamKeys } from './stream-keys';

/** Memory for the windows of all streams of one wire, in bytes. */
const streamBytes = 64 * 1024 * 1024;
const [fewestStreams, mostStreams] = [4, 256];
/**
 * A stream without times continues if others had fewer readings meanwhile than this, or than a window has: they take
 * turns.
 */
const fewestBetween = 16;

/** The owner of a reading, as far as its message names it. */
export interface Owner {
  readonly subject: string | undefined;
  /** One of its channels. */
  readonly channel: string;
  /** The part of the topic besides the channel; empty if there is none. */
  readonly device: string;
}

/**
 * The streams of one wire, each with its cutter. If there are too many, the one that was quiet longest is forgotten.
 */
export class Streams {
  private readonly cutters = new Map<string, { cutter: StreamCutter; last: number }>();
  private readonly keys: StreamKeys;
  private readonly most: number;
  private newest: StreamCutter | undefined;
  private turns = 0;

  constructor(
    private readonly context: StreamContext,
    by: StreamKey,
  ) {
    const { input, following } = context;
    const bytes = 4 * (input.length + following) * input.channels.length;
    this.most = Math.max(fewestStreams, Math.min(mostStreams, Math.floor(streamBytes / bytes)));
    this.keys = new StreamKeys(
      by,
      (first, second) => this.split(first, second),
      () => this.join(),
    );
  }

  /** The stream of the last reading. */
  get current(): StreamCutter | undefined {
    return this.newest;
  }

  get all(): StreamCutter[] {
    return [...this.cutters.values()].map(({ cutter }) => cutter);
  }

  /** Rows of all streams that are in no window and may still be used. */
  get waiting(): number {
    return this.all.reduce((sum, cutter) => sum + cutter.waiting, 0);
  }

  /** The stream of the next reading. */
  of({ subject, channel, device }: Owner): StreamCutter {
    return this.take(this.keys.keyOf(subject, channel, device), subject);
  }

  /** The stream of a reading, if it already exists. */
  find({ subject, channel, device }: Owner): StreamCutter | undefined {
    return this.cutters.get(this.keys.keyOf(subject, channel, device))?.cutter;
  }

  /** Forgets all unfinished windows. */
  clear(): void {
    this.context.tally.refused.forgotten += this.waiting;
    this.cutters.clear();
    this.newest = undefined;
  }

  private take(key: string, subject: string | undefined): StreamCutter {
    this.turns++;
    let stream = this.cutters.get(key);
    if (stream && stream.cutter === this.newest) {
      stream.last = this.turns;
      return stream.cutter;
    }
    if (!stream) {
      this.makeRoom();
      stream = { cutter: new StreamCutter(this.context, subject), last: this.turns };
    }
    const between = this.turns - stream.last - 1;
    stream.last = this.turns;
    // The newest is the last of the map.
    this.cutters.delete(key);
    this.cutters.set(key, stream);
    this.newest = stream.cutter;
    const { cutter } = stream;
    if (!cutter.isTimed && between >= Math.max(fewestBetween, this.context.input.length))
      cutter.begin('subject', `${between} readings of others came before it went on`);
    return cutter;
  }

  private makeRoom(): void {
    if (this.cutters.size < this.most) return;
    for (const [key, { cutter }] of this.cutters) {
      this.context.tally.refused.forgotten += cutter.waiting;
      this.cutters.delete(key);
      break;
    }
    this.context.notice({
      code: 'streams-full',
      text: `more than ${this.most} streams come down this wire: the one that is quiet longest is forgotten`,
    });
  }

  /** The readings without a key belonged to the first device. */
  private split(first: string, second: string): void {
    const stream = this.cutters.get('');
    this.cutters.delete('');
    if (stream) this.cutters.set(first, stream);
    this.context.notice({
      code: 'streams',
      text: `several devices come down this wire (${first}, ${second}): each is cut by itself`,
    });
  }

  private join(): void {
    this.clear();
    this.context.notice({
      code: 'streams-joined',
      text: 'no topic comes twice, so topics are not devices: all readings are taken for one stream',
    });
  }
}
