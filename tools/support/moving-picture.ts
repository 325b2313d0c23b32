import { crc32 } from '../../gateway/platform';

/** A PNG file that is shown for some time. All have one colour type; the first is as large as the whole picture. */
export interface Frame {
  readonly png: Uint8Array;
  /** Place of its upper left corner in the picture, pixels. */
  readonly x: number;
  readonly y: number;
  readonly milliseconds: number;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Bit depth, colour type, compression, filter and interlace in a header. */
const kind = [8, 13] as const;

/**
 * Joins PNG files to one that moves, in a loop: APNG (PNG specification, third edition, section 11.3.3). A later frame may
 * be a part of the picture only.
 * @throws Error if a file is no PNG, or is of another colour type than the first
 */
export function movingPicture(frames: readonly Frame[]): Buffer {
  const read = frames.map(({ png }) => chunksOf(png));
  const [first] = read;
  if (!first) throw new Error('a moving picture needs frames');
  let sequence = 0;
  const parts = [signature, chunk('IHDR', first.header), chunk('acTL', numbers(frames.length, 0))];
  frames.forEach(({ x, y, milliseconds }, i) => {
    const { header, data } = read[i]!;
    if (!header.subarray(...kind).equals(first.header.subarray(...kind)))
      throw new Error(`frame ${i} has another colour type than frame 0`);
    const size = header.subarray(0, 8);
    // Shown for a number of thousandths of a second, in place of what was there.
    const time = [milliseconds >> 8, milliseconds & 255, 1000 >> 8, 1000 & 255];
    parts.push(
      chunk('fcTL', Buffer.concat([numbers(sequence++), size, numbers(x, y), Buffer.from([...time, 0, 0])])),
    );
    for (const bytes of data)
      parts.push(i === 0 ? chunk('IDAT', bytes) : chunk('fdAT', Buffer.concat([numbers(sequence++), bytes])));
  });
  return Buffer.concat([...parts, chunk('IEND', Buffer.alloc(0))]);
}

function chunksOf(png: Uint8Array): { readonly header: Buffer; readonly data: readonly Buffer[] } {
  const bytes = Buffer.from(png);
  if (!bytes.subarray(0, 8).equals(signature)) throw new Error('expected a PNG file');
  const chunks: { type: string; content: Buffer }[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    chunks.push({ type, content: bytes.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  const of = (type: string) => chunks.filter((one) => one.type === type).map(({ content }) => content);
  const [header] = of('IHDR');
  if (!header) throw new Error('expected a PNG file with a header');
  return { header, data: of('IDAT') };
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  return Buffer.concat([numbers(content.length), body, numbers(crc32(body))]);
}

/** Unsigned 32-bit numbers, most significant byte first. */
function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * i);
  return bytes;
}
