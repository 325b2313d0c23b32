/** Topics that are remembered with the channel they name. */
const remembered = 1024;
const separators = /[/.:;=|]/;

/** Finds the channel that a topic, node id or metric's name means: the whole of it, its last part, or one level of it. */
export class ChannelNames {
  private readonly known = new Map<string, Place>();

  constructor(private readonly channels: readonly string[]) {}

  /** The channel of a name, and the rest of the name, which says whose channel it is; undefined if it names none. */
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
    // The longest of the names that end it: `gyro/x` before `x`.
    let best: Place | undefined;
    channels.forEach((channel, c) => {
      const start = name.length - channel.length;
      if (start <= 0 || !name.endsWith(channel) || !separators.test(name[start - 1]!)) return;
      if (!best || channel.length > channels[best.channel]!.length)
        best = { channel: c, owner: name.slice(0, start - 1) };
    });
    if (best) return best;
    // A level in the middle, as in home/temp/state, if only one level is a channel.
    const levels = name.split('/');
    const found = levels.flatMap((level, i) => (channels.includes(level) ? [i] : []));
    if (found.length !== 1) return undefined;
    const at = found[0]!;
    return { channel: channels.indexOf(levels[at]!), owner: levels.filter((_, i) => i !== at).join('/') };
  }
}

/** A channel, and whose it is. */
export interface Place {
  readonly channel: number;
  readonly owner: string;
}
