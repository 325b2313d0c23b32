import { fieldHint } from '../values';
import type { StreamContext } from './stream-context';

/** Rows without a channel before it is reported. */
const rowsUntilMissing = 8;
/** Rows of single values by topic before it is reported, because a slow channel may still come. */
const topicRowsUntilMissing = 100;

/** Names of the channels in a reading. */
export interface ReadingNames {
  /** The names in the message. */
  readonly fields: string;
  /** True if the topic names the channel. */
  readonly byTopic: boolean;
}

/** Whether a field is the channel, or a path that ends with it, such as the node id ns=2;s=pump.flow. */
const namesChannel = (field: string, channel: string) =>
  field === channel || (field.endsWith(channel) && /[/.:;=|]/.test(field.at(-channel.length - 1) ?? ''));

/** Reports once that a channel of a stream does not come, after enough rows to be sure. */
export class MissingChannels {
  private readonly rows: Uint32Array;
  private newest: ReadingNames = { fields: '', byTopic: false };

  constructor(private readonly context: Pick<StreamContext, 'arriving' | 'optional' | 'isFar' | 'notice'>) {
    this.rows = new Uint32Array(context.arriving.channels.length);
  }

  /** Remembers the names of a reading. */
  read(names: ReadingNames): void {
    this.newest = names;
  }

  /**
   * Counts a row.
   * @param values NaN is a missing value
   * @param hasCome true for a channel that has come before
   */
  count(values: Float64Array, hasCome: (channel: number) => boolean): void {
    const { arriving, optional, isFar } = this.context;
    for (let c = 0; c < values.length; c++) {
      if (!Number.isNaN(values[c]) || optional[c] || hasCome(c) || isFar(c)) continue;
      const rows = ++this.rows[c]!;
      if (rows === (this.newest.byTopic ? topicRowsUntilMissing : rowsUntilMissing))
        this.report(arriving.channels[c]!.name, rows);
    }
  }

  private report(name: string, rows: number): void {
    const { fields, byTopic } = this.newest;
    const isNamed = !byTopic && fields.split(', ').some((field) => namesChannel(field, name));
    const has = byTopic
      ? `the last topic is ${fields}`
      : `the reading has ${fields === '' ? 'values without names' : fields}`;
    const named = Object.fromEntries(fields.split(', ').map((field) => [field, 0]));
    const hint = byTopic ? '' : fieldHint(named, [name]);
    const text = isNamed
      ? `${name} has had no value in ${rows} readings`
      : `${name} has not come; ${has}${hint}`;
    this.context.notice({ code: 'channel-missing', text, channel: name });
  }
}
