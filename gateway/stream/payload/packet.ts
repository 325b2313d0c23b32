/** One reading of a message that has not been converted to numbers yet. */
export interface RawReading {
  /** By channel name, or in channel order; null for a missing reading. */
  readonly values: object | null;
  /** The time of measurement, if the payload has one. */
  readonly time?: unknown;
  readonly label?: unknown;
  /** True or a number other than 0 if a beat is at this reading. */
  readonly beat?: unknown;
}

/** The readings of a message, oldest first. */
export interface Packet {
  readonly count: number;
  /** True if the message is a batch, whose own time is that of its first or last reading. */
  readonly batch: boolean;
  /** @throws FtteError `reading-invalid` */
  at(index: number): RawReading;
  /** The time of the first or last reading, if the payload has one for all. */
  readonly time?: unknown;
  /** The subject or device that sent it, if the payload names one. */
  readonly subject?: string;
  /** The names of the channels as in the message, to report a channel that never comes. */
  readonly fields?: string;
}

/** The facts that a decoder knows besides the payload. */
export interface PacketContext {
  readonly channels: readonly string[];
  readonly topic?: string;
  /** The time of arrival of the message in milliseconds, if it is known. */
  readonly receivedMs?: number;
}

/** Decodes a payload with pauses, because a message may contain hours of readings. */
export type Decoding = Generator<void, Packet, void>;

/** Values that are read without a pause. Code that runs for the first time takes a hundred times as long: a few milliseconds. */
const valuesAStep = 32;

/** True if there is a pause after the value at this index, in which the caller looks at its clock. */
export function endsStep(index: number): boolean {
  return index % valuesAStep === valuesAStep - 1;
}

export const emptyPacket: Packet = {
  count: 0,
  batch: false,
  at: () => {
    throw new RangeError('a packet without readings was asked for one');
  },
};

type About = Pick<Packet, 'subject' | 'fields'>;

/** A message with one reading. */
export function single(reading: RawReading, about: About = {}): Packet {
  return { count: 1, batch: false, at: () => reading, ...about };
}

/** Several readings with their own times. */
export function several(readings: readonly RawReading[], about: About = {}): Packet {
  if (readings.length === 0) return emptyPacket;
  return { count: readings.length, batch: readings.length > 1, at: (i) => readings[i]!, ...about };
}

/** The fields of a value that should be an object; no fields if it is not one. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A text that is not empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
