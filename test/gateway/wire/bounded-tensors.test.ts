import assert from 'node:assert/strict';
import { GCProfiler } from 'node:v8';
import {
  decodeMessage,
  dropReasonOf,
  encodeMessage,
  encodeValues,
  encodings,
  maxSegments,
  maxValues,
  type Patch,
  type TensorEncoding,
} from '../../../gateway/wire';
import { defaultLimits } from '../../../gateway/wire/guard';
import { encodeFields } from '../../../gateway/wire/message-fields';
import { decodeSegments } from '../../../gateway/wire/messages/segment-code';
import { bodies, envelope } from './samples';

/** Runs of one element, a gap of one before each: two bytes a segment. */
const ones = (count: number) => Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 2 : 1));

/** The same as a sender writes it: one byte for each but the first, which are all as long as the one before. */
const alike = (count: number) => new Uint8Array(count + 1).fill(3).fill(2, 0, 1).fill(1, 1, 2);

const patchOf = (segments: Uint8Array, delta: object) =>
  encodeFields({
    ftte: 2,
    ...envelope,
    type: 'patch',
    lineage: '0'.repeat(16),
    version: 1,
    segments,
    delta,
  });

const int8 = (count: number) => ({ encoding: 'int8', scale: 1, values: new Int8Array(count) });

/** Refuses, or fails the test; reports what was wrong and how often the heap was cleared meanwhile. */
function refusal(bytes: Uint8Array): { message: string; collections: number } {
  const profiler = new GCProfiler();
  profiler.start();
  let thrown: unknown;
  try {
    decodeMessage(bytes);
  } catch (error) {
    thrown = error;
  }
  const { statistics } = profiler.stop() ?? { statistics: [] };
  assert.equal(dropReasonOf(thrown), 'field', `${thrown}`);
  return { message: (thrown as Error).message, collections: statistics.length };
}

describe('a change of the model', () => {
  it('has so many segments at most', () => {
    assert.equal(decodeSegments(ones(maxSegments), maxSegments).length, maxSegments);
    assert.deepEqual(
      decodeSegments(alike(maxSegments), maxSegments),
      decodeSegments(ones(maxSegments), maxSegments),
    );
    for (const bytes of [ones(maxSegments + 1), alike(maxSegments + 1)])
      assert.throws(() => decodeSegments(bytes, maxSegments + 1), /more than 262144 segments/);
  });

  it('of millions of one-element segments is refused without making one of them', () => {
    // Three bytes a segment with its value: as many as a message of the largest size can hold.
    const count = Math.min(maxValues, Math.floor((defaultLimits.maxBytes - 1024) / 3));
    const bytes = patchOf(ones(count), int8(count));
    assert.ok(bytes.length > 0.7 * defaultLimits.maxBytes && bytes.length <= defaultLimits.maxBytes);
    const { message, collections } = refusal(bytes);
    assert.match(message, /patch\.segments.*more than 262144 segments/);
    // Four million objects take a dozen collections of the young; the bytes themselves are outside of the heap.
    assert.ok(collections <= 3, `${collections} collections`);
  });

  it('is refused before it is made of what does not fit', () => {
    const count = 200_000;
    assert.match(refusal(patchOf(ones(count), int8(count - 1))).message, /cover more than the 199999/);
    assert.match(refusal(patchOf(ones(count), int8(count + 1))).message, /cover 200000 elements, 200001/);
    const overlong = ones(count);
    overlong[overlong.length - 1] = 0xff;
    assert.match(refusal(patchOf(overlong, int8(count))).message, /in the middle of a number/);
  });

  it('has so many values at most, in whatever form they come', () => {
    const tooMany = maxValues + 64;
    const segments = Uint8Array.of(0, 1);
    for (const name of Object.keys(encodings) as TensorEncoding[]) {
      if (name === 'float32') continue;
      const delta = encodeValues(new Float32Array(tooMany), name);
      assert.match(refusal(patchOf(segments, delta)).message, /expected at most 4194304 values/, name);
    }
    // Of float32 no more come through the door: the limit of bytes is the same.
    assert.equal(4 * maxValues, defaultLimits.maxBytes);
  });

  it('of the largest kind arrives', () => {
    const segments = Array.from({ length: maxSegments }, (_, i) => ({ offset: 2 * i, length: 1 }));
    const values = new Float32Array(maxSegments).fill(1);
    const patch: Patch = {
      ...(bodies.find(({ type }) => type === 'patch') as Patch),
      segments,
      delta: { encoding: 'float16', values },
    };
    const message = decodeMessage(encodeMessage(envelope, patch));
    assert.ok(message.type === 'patch');
    assert.equal(message.segments.length, maxSegments);
    assert.deepEqual(message.segments.at(-1), { offset: 2 * maxSegments - 2, length: 1 });
  });
});
