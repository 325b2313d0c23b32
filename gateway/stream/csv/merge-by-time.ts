import type { Reading } from '../values';

/** A value of one channel at one time. */
export interface TimedValue extends Pick<Reading, 'label' | 'subject'> {
  readonly timeMs: number;
  readonly channel: number;
  readonly value: number;
}

/**
 * Merges streams, each in the order of time, to one in the order of time. Values of the same time and subject are one
 * reading; channels without a value are NaN.
 */
export async function* mergeByTime(
  streams: readonly AsyncIterable<TimedValue>[],
  channels: number,
): AsyncGenerator<Reading, void> {
  const heads = streams.map((stream) => stream[Symbol.asyncIterator]());
  const next: (TimedValue | undefined)[] = [];
  try {
    for (const [i, head] of heads.entries()) next[i] = nextValue(await head.next());
    let pending: Pending | undefined;
    for (let i = earliest(next); i >= 0; i = earliest(next)) {
      const value = next[i]!;
      if (pending && !pending.takes(value)) {
        yield pending.reading;
        pending = undefined;
      }
      pending ??= new Pending(value, channels);
      pending.take(value);
      next[i] = nextValue(await heads[i]!.next());
    }
    if (pending) yield pending.reading;
  } finally {
    for (const head of heads) await head.return?.();
  }
}

const nextValue = ({ done, value }: IteratorResult<TimedValue>) => (done ? undefined : (value as TimedValue));

/** Index of the earliest value; -1 if there is none. */
function earliest(values: readonly (TimedValue | undefined)[]): number {
  let best = -1;
  for (const [i, value] of values.entries())
    if (value && (best < 0 || value.timeMs < values[best]!.timeMs)) best = i;
  return best;
}

/** A reading that values of the same time may join. */
class Pending {
  private readonly values: number[];

  constructor(
    private readonly first: TimedValue,
    channels: number,
  ) {
    this.values = new Array<number>(channels).fill(Number.NaN);
  }

  takes({ timeMs, subject, channel }: TimedValue): boolean {
    const { first, values } = this;
    return timeMs === first.timeMs && subject === first.subject && Number.isNaN(values[channel]);
  }

  take({ channel, value }: TimedValue): void {
    this.values[channel] = value;
  }

  get reading(): Reading {
    const { timeMs, label, subject } = this.first;
    return {
      values: this.values,
      timeMs,
      ...(label !== undefined && { label }),
      ...(subject !== undefined && { subject }),
    };
  }
}
