import { isAscii, isUtf8 } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { windows1252 } from './windows-1252';

/** Encodings of text files. */
export const textEncodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type TextEncoding = (typeof textEncodings)[number];

/** Files that are no text, by their first bytes, with what to do about each. */
const otherFiles: readonly { readonly start: string; readonly name: string }[] = [
  { start: 'PK\x03\x04', name: 'an Excel workbook or a ZIP archive: save the sheet as CSV, or unpack it' },
  { start: '\xd0\xcf\x11\xe0', name: 'an Excel workbook: save the sheet as CSV' },
  { start: '\x1f\x8b', name: 'compressed (gzip): unpack it' },
  { start: 'BZh', name: 'compressed (bzip2): unpack it' },
  { start: '\xfd7zXZ\0', name: 'compressed (xz): unpack it' },
  { start: '\x28\xb5\x2f\xfd', name: 'compressed (zstd): unpack it' },
  { start: '7z\xbc\xaf\x27\x1c', name: 'compressed (7z): unpack it' },
  { start: '\x89HDF', name: 'an HDF5 file: export it as CSV' },
  { start: 'MATLAB 5.0', name: 'a MATLAB file: export it as CSV' },
  { start: 'RIFF', name: 'a WAV file or another RIFF file: export it as CSV' },
  { start: 'version https://git-lfs', name: 'a pointer of Git LFS: fetch the file with git lfs pull' },
  { start: 'PAR1', name: 'a Parquet file: export it as CSV' },
  { start: 'SQLite format', name: 'an SQLite database: export a table as CSV' },
  { start: 'Obj\x01', name: 'an Avro file: export it as CSV' },
  { start: '%PDF', name: 'a PDF file: export the table as CSV' },
  { start: '\xff\xfe\0\0', name: 'UTF-32 text: save it as UTF-8' },
  { start: '\0\0\xfe\xff', name: 'UTF-32 text: save it as UTF-8' },
];

/** Bytes that are examined for zeros: in Latin text in UTF-16, every other byte is zero. */
const zeroSample = 4096;

/**
 * The format of a file that is no text, with what to do about it; undefined for a text.
 * @param head first bytes of the file
 */
export function otherKindOf(head: Uint8Array): string | undefined {
  const start = Buffer.from(head.subarray(0, 32)).toString('latin1');
  const known = otherFiles.find((file) => start.startsWith(file.start));
  if (known) return known.name;
  if (isEdf(head)) return 'an EDF recording: export it as CSV';
  if (recogniseEncoding(head).startsWith('utf-16')) return undefined;
  // A logger that loses its power leaves zeros; other control characters do not occur in text.
  const odd = head.filter((byte) => byte > 0 && byte < 32 && !textControls.has(byte)).length;
  return odd > head.length / 100 ? 'a binary file: export it as CSV' : undefined;
}

/** True for the European Data Format: its version, then 248 characters without a line end. */
function isEdf(head: Uint8Array): boolean {
  const start = Buffer.from(head.subarray(0, 256)).toString('latin1');
  return start.startsWith('0       ') && start.length === 256 && !start.includes('\n');
}

/** Tab, line ends, form feed, and the end-of-file character of DOS. */
const textControls: ReadonlySet<number> = new Set([9, 10, 11, 12, 13, 26]);

/** The encoding of a file, by its byte order mark, by zeros between Latin letters, or by valid UTF-8. */
export function recogniseEncoding(head: Uint8Array): TextEncoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  const pairs = Math.min(zeroSample, head.length) >> 1;
  let [even, odd] = [0, 0];
  for (let i = 0; i < pairs; i++) {
    if (head[2 * i] === 0) even++;
    if (head[2 * i + 1] === 0) odd++;
  }
  if (odd > pairs / 2 && even < pairs / 20) return 'utf-16le';
  if (even > pairs / 2 && odd < pairs / 20) return 'utf-16be';
  return isUtf8(withoutSplitCharacter(head)) ? 'utf-8' : 'windows-1252';
}

/** Bytes without an incomplete UTF-8 character at the end. */
function withoutSplitCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return bytes;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    if (length > 0) return back < length ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

/**
 * Decodes pieces of a file to text with line ends `\n`, without byte order marks and zeros. If a file that began as ASCII
 * turns out not to be UTF-8, the rest is decoded as Windows-1252.
 */
export class TextPieces {
  private decoder: { write(bytes: Buffer): string; end(): string };
  private undecided: boolean;
  private endedWithReturn = false;

  constructor(encoding: TextEncoding) {
    this.decoder = decoderOf(encoding);
    this.undecided = encoding === 'utf-8';
  }

  write(bytes: Buffer): string {
    if (this.undecided && !isAscii(bytes)) this.decide(bytes);
    return this.clean(this.decoder.write(bytes));
  }

  end(): string {
    return this.clean(this.decoder.end());
  }

  private decide(bytes: Buffer): void {
    const whole = withoutSplitCharacter(bytes);
    if (isAscii(whole)) return;
    this.undecided = false;
    if (!isUtf8(whole)) this.decoder = decoderOf('windows-1252');
  }

  private clean(text: string): string {
    if (text === '') return text;
    let clean = this.endedWithReturn && text.startsWith('\n') ? text.slice(1) : text;
    this.endedWithReturn = text.endsWith('\r');
    if (clean.includes('\r')) clean = clean.replace(/\r\n?/g, '\n');
    return /[\0\ufeff]/.test(clean) ? clean.replace(/[\0\ufeff]/g, '') : clean;
  }
}

function decoderOf(encoding: TextEncoding): { write(bytes: Buffer): string; end(): string } {
  if (encoding === 'utf-8') return new StringDecoder('utf8');
  if (encoding === 'utf-16le') return new StringDecoder('utf16le');
  if (encoding === 'utf-16be') return new BigEndianDecoder();
  return { write: windows1252, end: () => '' };
}

/** Decodes UTF-16 with the more significant byte first, which Node.js does not support. */
class BigEndianDecoder {
  private readonly decoder = new StringDecoder('utf16le');
  private odd: number | undefined;

  write(bytes: Buffer): string {
    const all = this.odd === undefined ? Buffer.from(bytes) : Buffer.concat([Buffer.of(this.odd), bytes]);
    const even = all.length & ~1;
    this.odd = even < all.length ? all[even] : undefined;
    return this.decoder.write(all.subarray(0, even).swap16());
  }

  end(): string {
    return this.decoder.end();
  }
}
