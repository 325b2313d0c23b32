/**
 * Decodes Windows-1252, of which Latin-1 is a part. Node.js needs tables of ICU for it, which some builds lack.
 */
export function windows1252(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\x80-\x9f]/g, (letter) => marks[letter.charCodeAt(0) - 0x80]!);
}

/** Characters of the bytes 0x80 to 0x9f, where Latin-1 has control characters. Five bytes have no character. */
const marks =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';
