import * as zlib from 'node:zlib';

const table = new Uint32Array(256);
for (let n = 0; n < 256; n++) {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  table[n] = value >>> 0;
}

/**
 * CRC-32 (IEEE 802.3) in JavaScript, for Node.js 20.0 to 20.14, which have none in zlib.
 * @param before the CRC-32 of the bytes before these
 */
export function crc32InJavaScript(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

/** CRC-32 (IEEE 802.3), as in gzip and PNG. */
export const crc32: (bytes: Uint8Array, before?: number) => number =
  typeof zlib.crc32 === 'function' ? (bytes, before) => zlib.crc32(bytes, before) : crc32InJavaScript;
