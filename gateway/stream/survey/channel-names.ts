import { isNumberText } from '../values';

/** Fields that are about the message or the device: a proposal leaves them out. */
const bookkeeping: ReadonlySet<string> = new Set([
  ...[
    'time',
    'timestamp',
    'ts',
    '_time',
    'datetime',
    'date_time',
    'time_stamp',
    'utc',
    'measured_at',
    'recorded_at',
  ],
  ...['created_at', 'sampled_at', 'measuredat', 'recordedat', 'createdat', 'sampledat', 'last_seen', 'date'],
  ...[
    'label',
    'subject',
    'person',
    'patient',
    'device',
    'id',
    '_msgid',
    'seq',
    'sequence',
    'counter',
    'index',
    'row',
  ],
  ...['linkquality', 'rssi', 'snr', 'lqi', 'battery', 'battery_low', 'voltage_battery', 'uptime', 'version'],
]);
/** Items of an array that are looked at to find its channels. */
const looked = 64;
/** An array of more numbers than this is many readings of one channel. */
const mostInRow = 32;

/**
 * The channels that a payload may hold, before any task says which: the names of numbers in it, or of the place that a
 * number has. Empty if it holds no numbers.
 * @param topic names the channel of a single number
 * @param isKnown of a field that has been a number before: it may be missing now
 */
export function channelNames(
  payload: unknown,
  topic: string | undefined,
  isKnown: (name: string) => boolean = () => false,
): readonly string[] {
  if (isScalar(payload)) return [lastLevel(topic) || 'value'];
  if (typeof payload !== 'object' || payload === null) return [];
  if (isArray(payload)) return ofArray(payload, isKnown);
  const fields = payload as Record<string, unknown>;
  if (Array.isArray(fields['metrics'])) return namesOf(fields['metrics'], 'name');
  const decoded = decodedUplink(fields);
  if (decoded) return ofObject(decoded, isKnown);
  if ('value' in fields && 'sourceTimestamp' in fields)
    return [lastLevel(text(fields['nodeId']) ?? topic) || 'value'];
  return ofObject(fields, isKnown);
}

/** Whether a field is about the message or the device rather than measured. */
export const isBookkeeping = (name: string): boolean => bookkeeping.has(name.toLowerCase());

function ofArray(items: ArrayLike<unknown>, isKnown: (name: string) => boolean): readonly string[] {
  const first = Array.from({ length: Math.min(items.length, looked) }, (_, i) => items[i]);
  if (first.length === 0) return [];
  if (first.every((item) => isScalar(item) || item === null))
    return items.length > mostInRow ? ['value'] : numbered(items.length);
  const rows = first.filter((item) => isArray(item)) as ArrayLike<unknown>[];
  if (rows.length === first.length) {
    const width = rows[0]!.length;
    if (rows.some((row) => row.length !== width)) return [];
    // Fewer and longer arrays are one for each channel.
    return numbered(items.length < width ? items.length : width);
  }
  const objects = first.filter(isObject);
  if (objects.some((each) => 'n' in each || 'bn' in each)) return senmlNames(objects);
  if (objects.some((each) => 'value' in each && 'sourceTimestamp' in each)) return namesOf(objects, 'nodeId');
  return distinct(objects.flatMap((each) => ofObject(each, isKnown)));
}

function ofObject(fields: Record<string, unknown>, isKnown: (name: string) => boolean): string[] {
  return Object.keys(fields).filter((name) => {
    if (isBookkeeping(name)) return false;
    const value = fields[name];
    const isSeries = isArray(value) && value.length > 0 && isScalar(value[0]);
    return isScalar(value) || isSeries || (isObject(value) && isScalar(value['value'])) || isKnown(name);
  });
}

/** The last parts of names, or whole names where those are not distinct. */
function namesOf(items: readonly unknown[], field: string): readonly string[] {
  const names = items
    .slice(0, looked)
    .flatMap((item) => (isObject(item) ? (text(item[field]) ?? []) : []))
    .filter((name) => !/^(bdSeq|Node Control|Device Control|Node Info)/.test(name));
  const short = names.map(lastLevel);
  return new Set(short).size === new Set(names).size ? distinct(short) : distinct(names);
}

function senmlNames(records: readonly Record<string, unknown>[]): readonly string[] {
  let base = '';
  const names = records.flatMap((each) => {
    base = text(each['bn']) ?? base;
    const hasValue = ['v', 'vs', 'vb', 's'].some((key) => key in each);
    return hasValue ? [{ name: `${base}${text(each['n']) ?? ''}` }] : [];
  });
  return namesOf(names, 'name');
}

function decodedUplink(fields: Record<string, unknown>): Record<string, unknown> | undefined {
  const uplink = fields['uplink_message'];
  const decoded = isObject(uplink)
    ? uplink['decoded_payload']
    : (fields['payload_fields'] ?? ('deviceInfo' in fields ? fields['object'] : undefined));
  return isObject(decoded) ? decoded : undefined;
}

const numbered = (count: number): readonly string[] =>
  count === 1 ? ['value'] : Array.from({ length: count }, (_, i) => `channel_${i + 1}`);
const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)];
const lastLevel = (name: string | undefined): string => name?.split(/[/.:;=|]/).at(-1) ?? '';
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A number, or a text that is one. */
function isScalar(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'bigint') return true;
  return typeof value === 'string' && value.length <= 32 && isNumberText(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !isArray(value) && !(value instanceof Date);
}

function isArray(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
