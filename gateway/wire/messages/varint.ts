/** Adds a number as unsigned LEB128: seven bits a byte, the lowest first, the high bit set on all but the last. */
export function writeVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

/** Reads a number from the place `at`, which moves on. @throws Error saying what is wrong, for a person */
export function readVarint(reading: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  // Five bytes carry 35 bits, more than any offset; multiplication keeps them exact where shifts would not.
  for (let power = 1, i = 0; i < 5; i++, power *= 128) {
    const byte = reading.bytes[reading.at++];
    if (byte === undefined) throw new Error('it ends in the middle of a number');
    value += (byte & 0x7f) * power;
    if (byte < 0x80) return value;
  }
  throw new Error('it holds a number of more than five bytes');
}
