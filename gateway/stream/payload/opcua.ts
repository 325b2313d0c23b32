import { FtteError } from '../../platform';
import { ByMoment } from './by-moment';
import type { ChannelNames } from './channel-names';
import { type Decoding, endsStep, type PacketContext, record, several, text } from './packet';
import { readPlain } from './plain';

/** True for a DataValue of OPC UA, or an array of them. */
export function isOpcua(payload: unknown): boolean {
  const first = record(Array.isArray(payload) ? payload[0] : payload);
  return (
    'value' in first && ['statusCode', 'sourceTimestamp', 'serverTimestamp'].some((name) => name in first)
  );
}

/**
 * Reads values of OPC UA. The node id of each, in the value or in the topic, ends with the name of a channel. A value
 * whose status is bad is a missing one. An object of values by node id, and numbers with the node id as topic, are also
 * accepted.
 * @throws FtteError `reading-invalid`
 */
export function* readOpcua(payload: unknown, context: PacketContext, names: ChannelNames): Decoding {
  if (!isOpcua(payload)) return readPlain(byNodeId(payload, context, names), context);
  const values = Array.isArray(payload) ? payload : [payload];
  const moments = new ByMoment();
  const seen = new Set<string>();
  for (const [index, each] of values.entries()) {
    if (endsStep(index)) yield;
    const value = record(each);
    const node = nodeOf(value) ?? context.topic ?? '';
    seen.add(node || 'a value without a node id');
    const channel = context.channels[names.find(node)?.channel ?? -1] ?? only(context.channels);
    if (channel === undefined) continue;
    const time = value['sourceTimestamp'] ?? value['serverTimestamp'];
    const number = isBad(value['statusCode']) ? null : numberOf(value);
    if (isArray(number)) return readPlain({ [channel]: number, time }, context);
    moments.add(channel, number, time, String(time));
  }
  const { readings } = moments;
  const fields = [...seen].slice(0, 8).join(', ');
  if (readings.length === 0) {
    throw new FtteError(
      'reading-invalid',
      `the values are of ${fields}; expected ${context.channels.join(', ')}`,
    );
  }
  return several(readings, { fields });
}

/** Changes values by node id to values by channel. */
function byNodeId(payload: unknown, { channels }: PacketContext, names: ChannelNames): unknown {
  if (typeof payload !== 'object' || payload === null || isArray(payload)) return payload;
  const row: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(payload)) {
    const place = names.find(key);
    row[place ? channels[place.channel]! : key] = value;
  }
  return row;
}

function nodeOf(value: Readonly<Record<string, unknown>>): string | undefined {
  const node = value['nodeId'] ?? value['browseName'] ?? value['displayName'] ?? value['topic'];
  return (
    text(node) ?? text(record(node)['name']) ?? text(record(node)['text']) ?? text(record(node)['value'])
  );
}

function only(channels: readonly string[]): string | undefined {
  return channels.length === 1 ? channels[0] : undefined;
}

/** The two highest bits are the quality of a value: 10 is bad. */
function isBad(status: unknown): boolean {
  if (typeof status === 'string') return /^bad/i.test(status);
  const code = typeof status === 'number' ? status : (record(status)['value'] ?? record(status)['_value']);
  if (typeof code === 'number') return code >>> 30 === 2;
  return /^bad/i.test(String(record(status)['name'] ?? ''));
}

function numberOf(value: Readonly<Record<string, unknown>>): unknown {
  const inner = value['value'];
  const number = typeof inner === 'object' && inner !== null && 'value' in inner ? inner.value : inner;
  return typeof number === 'boolean' ? (number ? 1 : 0) : number;
}

function isArray(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
