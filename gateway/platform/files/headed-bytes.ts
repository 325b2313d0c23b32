/** The length of a JSON header (u32, little-endian), the header, and the bytes that it describes. */
export function headedBytes(header: object, body: readonly Uint8Array[]): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return [length, text, ...body];
}

/** The header and the body from bytes of `headedBytes`. Undefined if the bytes hold no such header. */
export function splitHeader(bytes: Uint8Array): { header: unknown; body: Buffer } | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.length < 4) return undefined;
  const end = 4 + all.readUInt32LE(0);
  if (end > all.length) return undefined;
  try {
    return { header: JSON.parse(all.toString('utf8', 4, end)), body: all.subarray(end) };
  } catch {
    return undefined;
  }
}

/**
 * The bytes of numbers in a file. They are little-endian, like the memory of every machine that Node.js supports but
 * s390x.
 */
export function bytesOfFloats(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A copy of the numbers in bytes of `bytesOfFloats`. */
export function floatsOfBytes(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length >> 2);
  bytesOfFloats(values).set(bytes.subarray(0, values.byteLength));
  return values;
}
