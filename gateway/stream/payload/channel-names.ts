/** Topics that are kept with the channel that they name. */
const remembered = 1024;
const separators = /[/.:;=|]/;

/**
 * Finds the channel that a topic, a node id or the name of a metric means: by its whole, its last part, or one of its
 * levels.
 */
export class ChannelNames {
  private readonly known = new Map<string, Place>();

  constructor(private readonly channels: readonly string[]) {}

  /** The channel of a name, and the rest of the name, which identifies the device. Undefined if it names no channel. */
  find(name: string): Place | undefined {
    let place = this.known.get(name);
    if (!place) {
      place = this.search(name);
      if (!place) return undefined;
      if (this.known.size >= remembered) this.known.clear();
      this.known.set(name, place);
    }
    return place;
  }

  private search(name: string): Place | undefined {
    const { channels } = this;
    const whole = channels.indexOf(name);
    if (whole >= 0) return { channel: whole, owner: '' };
    // The longest channel name at its end counts: `gyro/x` before `x`.
    let best: Place | undefined;
    channels.forEach((channel, c) => {
      const start = name.length - channel.length;
      if (start <= 0 || !name.endsWith(channel) || !separators.test(name[start - 1]!)) return;
      if (!best || channel.length > channels[best.channel]!.length)
        best = { channel: c, owner: name.slice(0, start - 1) };
    });
    if (best) return best;
    // Otherwise a level in the middle, as in home/temp/state, if only one level is a channel.
    const levels = name.split('/');
    const found = levels.flatMap((level, i) => (channels.includes(level) ? [i] : []));
    if (found.length !== 1) return undefined;
    const at = found[0]!;
    return { channel: channels.indexOf(levels[at]!), owner: levels.filter((_, i) => i !== at).join('/') };
  }
}

/** A channel, and the device that it belongs to. */
export interface Place {
  readonly channel: number;
  readonly owner: string;
}
