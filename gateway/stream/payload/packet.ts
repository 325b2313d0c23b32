/** One reading of a message, not yet read into numbers. */
export interface RawReading {
  /** By channel name, or in channel order; null for a reading that is missing. */
  readonly values: object | null;
  /** When it was taken, if the payload says so. */
  readonly time?: unknown;
  readonly label?: unknown;
}

/** The readings of a message, oldest first. */
export interface Packet {
  readonly count: number;
  /** True if the message is a batch: its own time is that of the first or last reading. */
  readonly batch: boolean;
  /** @throws FtteError `reading-invalid` */
  at(index: number): RawReading;
  /** Time of the first or last reading, if the payload has one for all. */
  readonly time?: unknown;
  /** Who sent it, if the payload says so. */
  readonly subject?: string;
  /** Names of the channels as the message has them, for a channel that never comes. */
  readonly fields?: string;
}

/** What a decoder knows beside the payload. */
export interface PacketContext {
  readonly channels: readonly string[];
  readonly topic?: string;
  /** When the message came, in milliseconds, if that is known. */
  readonly receivedMs?: number;
}

/** Reads a payload, and pauses now and then, because a message may hold hours of readings. */
export type Decoding = Generator<void, Packet, void>;

/** Values that a decoder reads without a pause: about a millisecond. */
const valuesATurn = 256;

/** True if a decoder pauses after the value at an index. */
export function endsTurn(index: number): boolean {
  return index % valuesATurn === valuesATurn - 1;
}

export const emptyPacket: Packet = {
  count: 0,
  batch: false,
  at: () => {
    throw new RangeError('a packet without readings was asked for one');
  },
};

type About = Pick<Packet, 'subject' | 'fields'>;

/** A message of one reading. */
export function single(reading: RawReading, about: About = {}): Packet {
  return { count: 1, batch: false, at: () => reading, ...about };
}

/** Readings with times of their own. */
export function several(readings: readonly RawReading[], about: About = {}): Packet {
  if (readings.length === 0) return emptyPacket;
  return { count: readings.length, batch: readings.length > 1, at: (i) => readings[i]!, ...about };
}

/** The fields of something that should be an object; none if it is not. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A text that is not empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
