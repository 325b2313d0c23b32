import { FtteError, messageOf } from '../../platform';

/** A JSON header and float32 arrays by name: the inside of a checkpoint and of a journal record. */
export interface ArrayContainer {
  readonly header: Readonly<Record<string, unknown>>;
  readonly arrays: ReadonlyMap<string, Float32Array>;
}

/**
 * Lays `content` out as bytes: u32 length of the header, the header as JSON (its `arrays` lists `[name, length]`), then
 * the arrays' float32 values end to end. All numbers are little-endian, as on every machine Node.js is built for
 * except s390x, which would read its own files only.
 */
export function encodeContainer({ header, arrays }: ArrayContainer): Uint8Array[] {
  const list = [...arrays].map(([name, values]) => [name, values.length]);
  const json = Buffer.from(JSON.stringify({ ...header, arrays: list }), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const bodies = [...arrays.values()].map(
    (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
  return [length, json, ...bodies];
}

/** Reads what `pack` wrote; the arrays are copies. @throws FtteError `checkpoint-damaged` naming what does not fit */
export function decodeContainer(bytes: Uint8Array): ArrayContainer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) throw damaged(`${bytes.length} bytes, wanted at least 4`);
  const headerEnd = 4 + view.getUint32(0, true);
  if (headerEnd > bytes.length) throw damaged(`header ends at ${headerEnd} of ${bytes.length} bytes`);
  const header = parseHeader(bytes.subarray(4, headerEnd));
  const arrays = new Map<string, Float32Array>();
  let at = headerEnd;
  for (const entry of header.arrays) {
    const [name, length] = entry;
    const end = at + length * 4;
    if (end > bytes.length) throw damaged(`array ${name} ends at ${end} of ${bytes.length} bytes`);
    const values = new Float32Array(length);
    new Uint8Array(values.buffer).set(bytes.subarray(at, end));
    arrays.set(name, values);
    at = end;
  }
  if (at !== bytes.length) throw damaged(`${bytes.length - at} bytes too many`);
  return { header, arrays };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> & { arrays: [string, number][] } {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw damaged(`header is not JSON: ${messageOf(error)}`);
  }
  const arrays = (value as { arrays?: unknown } | null)?.arrays;
  const whole =
    Array.isArray(arrays) &&
    arrays.every(
      (entry) =>
        Array.isArray(entry) && typeof entry[0] === 'string' && Number.isInteger(entry[1]) && entry[1] >= 0,
    );
  if (!whole) throw damaged('header does not list its arrays');
  return value as Record<string, unknown> & { arrays: [string, number][] };
}

/** The error for bytes on disk that are not what was written there. */
export function damaged(text: string): FtteError {
  return new FtteError('checkpoint-damaged', text);
}
