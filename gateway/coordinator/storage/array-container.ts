import { FtteError, messageOf } from '../../platform';

/** The types of arrays that a container holds, by their names in the header. Without a name, an array is float32. */
const arrayTypes = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array } as const;
type ArrayType = keyof typeof arrayTypes;

/** An array of one of the types. */
export type StoredArray = Float32Array | Int8Array | Uint8Array;

/** A JSON header and arrays by name: the content of a checkpoint or of a journal record. */
export interface ArrayContainer {
  readonly header: Readonly<Record<string, unknown>>;
  readonly arrays: ReadonlyMap<string, StoredArray>;
}

/**
 * Lays `content` out as bytes: u32 length of the header, the header as JSON (its `arrays` lists `[name, length]`, or
 * `[name, length, type]` for arrays that are not float32), then the values of the arrays, one after the other. All
 * numbers are little-endian, as on every machine for which Node.js is built, except s390x, which could read only its
 * own files. The parts are views of the arrays.
 * @param moreHeader fields of the header that are JSON already: `"name":value`, with commas between them
 */
export function encodeContainer({ header, arrays }: ArrayContainer, moreHeader = ''): Uint8Array[] {
  const list = [...arrays].map(([name, values]) => entryOf(name, values));
  const text = JSON.stringify({ ...header, arrays: list });
  const json = Buffer.from(moreHeader ? `${text.slice(0, -1)},${moreHeader}}` : text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const bodies = [...arrays.values()].map(
    (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
  return [length, json, ...bodies];
}

/**
 * Reads the bytes of `encodeContainer`; the arrays are copies. @throws FtteError `checkpoint-damaged` naming the damage
 */
export function decodeContainer(bytes: Uint8Array): ArrayContainer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) throw damaged(`expected at least 4 bytes, got ${bytes.length}`);
  const headerEnd = 4 + view.getUint32(0, true);
  if (headerEnd > bytes.length) throw damaged(`its header ends at ${headerEnd} of ${bytes.length} bytes`);
  const header = parseHeader(bytes.subarray(4, headerEnd));
  const arrays = new Map<string, StoredArray>();
  let at = headerEnd;
  for (const [name, length, type = 'float32'] of header.arrays) {
    const TypedArray = arrayTypes[type];
    const end = at + length * TypedArray.BYTES_PER_ELEMENT;
    if (end > bytes.length) throw damaged(`its array ${name} ends at ${end} of ${bytes.length} bytes`);
    const values = new TypedArray(length);
    new Uint8Array(values.buffer).set(bytes.subarray(at, end));
    arrays.set(name, values);
    at = end;
  }
  if (at !== bytes.length) throw damaged(`it has ${bytes.length - at} bytes more than expected`);
  return { header, arrays };
}

type Entry = [name: string, length: number, type?: ArrayType];

function entryOf(name: string, values: StoredArray): Entry {
  if (values instanceof Float32Array) return [name, values.length];
  return [name, values.length, values instanceof Int8Array ? 'int8' : 'uint8'];
}

function isEntry(entry: unknown): entry is Entry {
  if (!Array.isArray(entry)) return false;
  const [name, length, type = 'float32'] = entry;
  return (
    typeof name === 'string' && Number.isInteger(length) && length >= 0 && Object.hasOwn(arrayTypes, type)
  );
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> & { arrays: Entry[] } {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw damaged(`its header is not JSON: ${messageOf(error)}`);
  }
  const arrays = (value as { arrays?: unknown } | null)?.arrays;
  const whole = Array.isArray(arrays) && arrays.every(isEntry);
  if (!whole) throw damaged('its header does not list the arrays');
  return value as Record<string, unknown> & { arrays: Entry[] };
}

/** The error for bytes on disk that differ from what was written there. */
export function damaged(text: string): FtteError {
  return new FtteError('checkpoint-damaged', text);
}
