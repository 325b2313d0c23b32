import type { Resumable } from '../../platform';
import type { Packet, PayloadReader, RawReading } from '../payload';
import { readTimeStamp, type TimeFormat, type TimeStamp } from '../time';
import type { RowReader } from '../values';
import { readSubject } from './stream-keys';
import type { ReadingContext } from './windower-types';

/** A message after decoding: its readings, and the facts about all of them. */
export interface Delivery {
  readonly packet: Packet;
  readonly stamp: TimeStamp | undefined;
  readonly context: ReadingContext;
  readonly subject: string | undefined;
  readonly device: string;
  /** True if the topic names the channel of a single value. */
  readonly byTopic: boolean;
}

/** Decodes a message, with the pauses of its decoder. @throws FtteError `reading-invalid` */
export function* readMessage(
  payloads: PayloadReader,
  payload: unknown,
  context: ReadingContext,
  time: TimeFormat,
): Resumable<Delivery> {
  const { receivedMs } = context;
  const topic = context.topic === undefined || context.topic === null ? undefined : String(context.topic);
  const subject = readSubject(context.subject);
  const packet = yield* payloads.read(payload, { topic, receivedMs });
  const stamp = readTimeStamp(context.time ?? packet.time, time);
  const place = typeof payload === 'object' && payload !== null ? undefined : payloads.placeOf(topic);
  return {
    packet,
    stamp,
    context,
    subject: subject ?? packet.subject,
    device: place ? place.owner : (topic ?? ''),
    byTopic: place !== undefined,
  };
}

/** The time of one reading. @throws FtteError `reading-invalid` */
export function stampOf(
  { packet, stamp }: Delivery,
  raw: RawReading,
  time: TimeFormat,
): TimeStamp | undefined {
  const own = readTimeStamp(raw.time, time);
  // The time of a batch belongs to only one of its readings.
  return packet.batch ? own : (stamp ?? own);
}

/** Distinguishes batches of the same time: the numbers of their first and last reading. */
export function printOf(packet: Packet, reader: RowReader): string {
  const rows = [0, packet.count - 1].map((i) => rowText(packet, reader, i));
  return rows.includes('') ? '' : rows.join(';');
}

/** The numbers of a reading; empty if it cannot be read. */
export function rowText(packet: Packet, reader: RowReader, index: number): string {
  try {
    reader.read(packet.at(index).values);
    return reader.values.join();
  } catch {
    return '';
  }
}

/** True if the readings of a batch have their own times. */
export function hasTime(packet: Packet): boolean {
  try {
    return packet.at(0).time !== undefined;
  } catch {
    return false;
  }
}
