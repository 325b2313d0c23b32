import assert from 'node:assert/strict';
import { deflateSync, inflateSync } from 'node:zlib';
import { crc32 } from '../../gateway/platform';
import { movingPicture } from '../../tools/support/moving-picture';

const chunk = (type: string, content: Buffer) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(content.length, 0);
  ends.writeUInt32BE(crc32(body) >>> 0, 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
};
/** A grey PNG of one colour, whose data is in two chunks. */
function png(width: number, height: number, grey: number, colourType = 0): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colourType, 0, 0, 0], 8);
  const rows = Buffer.concat(
    Array.from({ length: height }, () => Buffer.from([0, ...new Array<number>(width).fill(grey)])),
  );
  const data = deflateSync(rows);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', data.subarray(0, 4)),
    chunk('IDAT', data.subarray(4)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
/** The chunks of a file, each with a checksum that was looked at. */
function chunksOf(file: Buffer) {
  const chunks: { type: string; content: Buffer }[] = [];
  for (let at = 8; at < file.length; ) {
    const end = at + 8 + file.readUInt32BE(at);
    const body = file.subarray(at + 4, end);
    assert.equal(file.readUInt32BE(end), crc32(body) >>> 0);
    chunks.push({ type: body.toString('latin1', 0, 4), content: body.subarray(4) });
    at = end + 4;
  }
  return chunks;
}

describe('a moving picture', () => {
  it('shows each frame at its place for its time, one after the other', () => {
    const file = movingPicture([
      { png: png(6, 4, 10), x: 0, y: 0, milliseconds: 500 },
      { png: png(2, 3, 200), x: 4, y: 1, milliseconds: 1200 },
    ]);
    const chunks = chunksOf(file);
    assert.deepEqual(
      chunks.map(({ type }) => type),
      ['IHDR', 'acTL', 'fcTL', 'IDAT', 'IDAT', 'fcTL', 'fdAT', 'fdAT', 'IEND'],
    );
    assert.deepEqual([...chunks[1]!.content], [0, 0, 0, 2, 0, 0, 0, 0]);
    const controls = chunks.filter(({ type }) => type === 'fcTL').map(({ content }) => content);
    const numbersOf = (content: Buffer) => [0, 4, 8, 12, 16].map((at) => content.readUInt32BE(at));
    assert.deepEqual(controls.map(numbersOf), [
      [0, 6, 4, 0, 0],
      [1, 2, 3, 4, 1],
    ]);
    assert.deepEqual(
      controls.map((content) => content.readUInt16BE(20) / content.readUInt16BE(22)),
      [0.5, 1.2],
    );
    const parts = chunks.filter(({ type }) => type === 'fdAT').map(({ content }) => content);
    assert.deepEqual(
      parts.map((content) => content.readUInt32BE(0)),
      [2, 3],
    );
    const rows = inflateSync(Buffer.concat(parts.map((content) => content.subarray(4))));
    assert.deepEqual([...rows], [0, 200, 200, 0, 200, 200, 0, 200, 200]);
  });

  it('refuses what is no PNG, and frames of another colour type', () => {
    const frame = { x: 0, y: 0, milliseconds: 100 };
    assert.throws(() => movingPicture([{ ...frame, png: Buffer.from('GIF89a') }]), /expected a PNG file/);
    assert.throws(
      () =>
        movingPicture([
          { ...frame, png: png(2, 2, 0) },
          { ...frame, png: png(2, 2, 0, 2) },
        ]),
      /frame 1 has another colour type/,
    );
    assert.throws(() => movingPicture([]), /needs frames/);
  });
});
