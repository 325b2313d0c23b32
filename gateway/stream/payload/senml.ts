import { describeMeasured, FtteError } from '../../platform';
import { ByMoment } from './by-moment';
import type { ChannelNames } from './channel-names';
import { type Decoding, endsStep, type PacketContext, record, several } from './packet';

/** Records that are examined to recognise a pack. */
const looked = 8;
/** Times below this are seconds relative to now (RFC 8428, section 4.5.3). */
const firstAbsolute = 2 ** 28;
/** The keys of the CBOR form (RFC 8428, section 6). */
const cborKeys: Readonly<Record<string, string>> = {
  '-2': 'bn',
  '-3': 'bt',
  '-5': 'bv',
  '-6': 'bs',
  '0': 'n',
  '2': 'v',
  '3': 'vs',
  '4': 'vb',
  '5': 's',
  '6': 't',
};
const valueKeys = ['v', 'vs', 'vb', 'vd', 's'];

/** True for an array that can only be a SenML pack. */
export function isSenml(payload: unknown, channels: readonly string[]): boolean {
  if (!Array.isArray(payload) || payload.length === 0) return false;
  if (['n', 'v', 'bn'].some((key) => channels.includes(key))) return false;
  const first = payload.slice(0, looked);
  const records = first.map(fieldsOfRecord);
  return (
    first.every((each) => typeof each === 'object' && each !== null && !Array.isArray(each)) &&
    records.some((each) => 'n' in each || 'bn' in each) &&
    records.some((each) => valueKeys.some((key) => key in each))
  );
}

/**
 * Reads a SenML pack (RFC 8428), as JSON or decoded CBOR. Records of the same moment are one reading, and the base name
 * is the device.
 * @throws FtteError `reading-invalid`
 */
export function* readSenml(payload: unknown, context: PacketContext, names: ChannelNames): Decoding {
  if (!Array.isArray(payload))
    throw new FtteError(
      'reading-invalid',
      `reading is ${describeMeasured(payload)}, expected a SenML array of records`,
    );
  const base = { name: '', time: 0, value: 0, sum: 0 };
  const moments = new ByMoment();
  const seen = new Set<string>();
  let owner: string | undefined;
  let index = 0;
  for (const each of payload) {
    if (endsStep(index++)) yield;
    const fields = fieldsOfRecord(each);
    if (typeof fields['bn'] === 'string') base.name = fields['bn'];
    for (const [key, name] of [
      ['bt', 'time'],
      ['bv', 'value'],
      ['bs', 'sum'],
    ] as const)
      if (typeof fields[key] === 'number') base[name] = fields[key];
    if (!valueKeys.some((key) => key in fields)) continue;
    const name = `${base.name}${typeof fields['n'] === 'string' ? fields['n'] : ''}`;
    seen.add(name);
    const place = names.find(name);
    if (!place) continue;
    owner ??= place.owner;
    const seconds = base.time + (typeof fields['t'] === 'number' ? fields['t'] : 0);
    const channel = context.channels[place.channel]!;
    moments.add(channel, numberOf(fields, base), timeOf(seconds, context.receivedMs), seconds);
  }
  const list = [...seen].slice(0, 8).join(', ');
  if (moments.readings.length === 0 && payload.length > 0) {
    throw new FtteError(
      'reading-invalid',
      `the SenML pack has ${list || 'no values'}; expected ${context.channels.join(', ')}`,
    );
  }
  return several(yield* moments.inOrder(), { fields: list, ...(owner && { subject: owner }) });
}

function numberOf(fields: Record<string, unknown>, base: { value: number; sum: number }): unknown {
  if (typeof fields['v'] === 'number') return fields['v'] + base.value;
  if (typeof fields['vb'] === 'boolean') return fields['vb'] ? 1 : 0;
  if (typeof fields['s'] === 'number') return fields['s'] + base.sum;
  return fields['v'] ?? fields['vs'] ?? fields['vd'];
}

/** A Date, because the unit of SenML seconds is certain. Undefined for "now" if the time of arrival is not known. */
function timeOf(seconds: number, receivedMs: number | undefined): Date | undefined {
  if (Math.abs(seconds) >= firstAbsolute) return new Date(seconds * 1000);
  return receivedMs === undefined ? undefined : new Date(receivedMs + seconds * 1000);
}

function fieldsOfRecord(each: unknown): Record<string, unknown> {
  const fields = each instanceof Map ? Object.fromEntries(each) : record(each);
  const renamed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) renamed[cborKeys[key] ?? key] = value;
  return renamed;
}
