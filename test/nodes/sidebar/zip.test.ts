import assert from 'node:assert/strict';
import { inflateRawSync } from 'node:zlib';
import { zipOf } from '../../../nodes/sidebar/zip';

/** The files of an archive as a reader finds them: from its end to the directory, and from there to each file. */
function unzipped(archive: Buffer): Record<string, string> {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const files: Record<string, string> = {};
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < archive.readUInt16LE(end + 10); i++) {
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('ascii', at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    const size = archive.readUInt32LE(local + 18);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = archive.subarray(from, from + size);
    files[name] = (archive.readUInt16LE(local + 8) === 8 ? inflateRawSync(bytes) : bytes).toString();
    at += 46 + nameLength;
  }
  assert.equal(at, end, 'the directory ends where it says');
  return files;
}

describe('an archive of a model', () => {
  const files = { 'model.json': Buffer.from('{"a":1}'), 'weights.bin': Buffer.from('weights') };

  it('gives its files back', () => {
    assert.deepEqual(unzipped(zipOf(files)), { 'model.json': '{"a":1}', 'weights.bin': 'weights' });
  });

  it('has the checksums of its files, and is the same for the same files', () => {
    const archive = zipOf({ 'a.txt': Buffer.from('123456789') });
    // The check value of CRC-32.
    assert.equal(archive.readUInt32LE(14), 0xcbf43926);
    assert.deepEqual(archive, zipOf({ 'a.txt': Buffer.from('123456789') }));
  });
});
