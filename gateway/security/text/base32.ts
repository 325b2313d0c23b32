/** Crockford's alphabet: without I, L, O and U, which people confuse with digits or each other. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The bytes in base32, highest bits first, without padding. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + alphabet[(held << (5 - bits)) & 31] : text;
}
