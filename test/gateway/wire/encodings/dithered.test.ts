import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { FtteError, runSync, SeededRandom } from '../../../../gateway/platform';
import { asReceived, decodeTensor, type EncodedTensor, encodeValues } from '../../../../gateway/wire';
import { decodeLevels, encodeLevels, stepOf } from '../../../../gateway/wire/encodings/level-bytes';
import { root } from '../../../support/source-files';

const normals = (count: number, seed = 1) => {
  const random = new SeededRandom(seed);
  return new Float32Array(count).map(() => random.normal());
};
const rmsOf = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);

/** There and back with a seed; the bytes are copied, so that nothing that the encoder remembers is used. */
function back(
  values: Float32Array,
  choice: { relative: number; dithered: boolean; seed?: number },
): Float32Array {
  const bytes = runSync(encodeLevels(values, choice)).slice();
  const result = new Float32Array(values.length);
  decodeLevels(bytes, choice.dithered, result, 0);
  return result;
}

const form = (values: Float32Array) =>
  encodeValues(values, 'dithered') as Extract<EncodedTensor, { encoding: 'dithered' }>;
const received = (bytes: Uint8Array) => decodeTensor({ encoding: 'dithered', values: bytes });

describe('the encoding dithered', () => {
  it('gives the bytes and values that docs/protocol.md shows', () => {
    const document = readFileSync(join(root, 'docs/protocol.md'), 'utf8');
    const values = Float32Array.of(0.5, -1.27, 0.004, 0, 3, -0.25, 0.125, 20);
    for (const [name, dithered, relative] of [
      ['dithered', true, 2],
      ['coarse', false, 0.5],
    ] as const) {
      const row = new RegExp(`^\\| \`${name}\`(?:, seed 1)? \\| \`([0-9a-f]+)\` \\| (.*) \\|$`, 'm').exec(
        document,
      );
      const bytes = runSync(encodeLevels(values, { relative, dithered, seed: 1 }));
      assert.equal(Buffer.from(bytes).toString('hex'), row?.[1]);
      assert.deepEqual([...back(values, { relative, dithered, seed: 1 })], row?.[2]?.split(', ').map(Number));
    }
  });

  it('has a mean error of zero for each value over seeds, whatever the value is', () => {
    const values = Float32Array.of(0.01, -0.3, 0.7, 1.9, -2.5, 0, 0.2, -0.05);
    const seeds = 4000;
    const sums = new Float64Array(values.length);
    for (let seed = 0; seed < seeds; seed++) {
      const got = back(values, { relative: 2, dithered: true, seed: (seed * 16) & 0xffff });
      for (let i = 0; i < sums.length; i++) sums[i]! += got[i]! - values[i]!;
    }
    // Uniform errors of a step below 2 rms have a deviation of at most 0.58 rms; five of those of the mean.
    const most = (5 * 0.58 * rmsOf(values)) / Math.sqrt(seeds);
    for (const sum of sums) assert.ok(Math.abs(sum / seeds) < most, `${sums} over ${seeds}`);
  });

  it('has an error energy of a twelfth of the step squared, and none beyond half a step', () => {
    for (const relative of [0.5, 1.25, 2, 2.6]) {
      const values = normals(20_000);
      const bytes = runSync(encodeLevels(values, { relative, dithered: true, seed: 7 }));
      const step = stepOf(bytes[3]! + 256 * bytes[4]!);
      const got = received(bytes.slice());
      let energy = 0;
      for (const [i, value] of got.entries()) {
        const error = value - values[i]!;
        assert.ok(Math.abs(error) <= (step / 2) * (1 + 2 ** -14), `${error} of ${step}`);
        energy += error * error;
      }
      assert.ok(Math.abs(energy / values.length / (step ** 2 / 12) - 1) < 0.03, `${relative}`);
      assert.ok(step <= relative * rmsOf(values) && step > relative * rmsOf(values) * 0.91);
    }
  });

  it('takes 1.2 bits for each normal number, and less than one where sizes differ by columns', () => {
    const values = normals(3000);
    assert.ok(form(values).values.length < (1.25 / 8) * 3000);
    const columns = values.map((value, i) => value * 2 ** (-(i % 32) / 4));
    assert.ok(form(columns).values.length < (0.9 / 8) * 3000, `${form(columns).values.length}`);
  });

  it('brings tensors of all sizes and shapes back with the error of a step, bit for bit the same each time', () => {
    const shapes: Float32Array[] = [
      new Float32Array(0),
      Float32Array.of(3),
      Float32Array.of(-0),
      new Float32Array(1000),
      new Float32Array(100).fill(2 ** -149),
      new Float32Array(100).fill(-(2 ** 125)),
      Float32Array.of(2 ** -149, 2 ** 100, -1),
      // One value that is large among many: the largest level.
      new Float32Array(60_000).fill(1e-6, 1).fill(1, 0, 1),
      normals(70_001),
    ];
    for (const values of shapes) {
      const got = received(form(values).values.slice());
      assert.deepEqual(got, asReceived(values, 'dithered'));
      const most = values.length === 0 ? 0 : 1.3 * rmsOf(values) * 1.001 + 2 ** -150;
      assert.ok(
        got.every((value, i) => Math.abs(value - values[i]!) <= most),
        `${values.length} values`,
      );
    }
    assert.deepEqual([...form(new Float32Array(1000)).values], [0xe8, 0x07, 0, 0], 'zeros are a scale');
  });

  it('says that a value is not finite', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 127])
      assert.ok(asReceived(Float32Array.of(1, bad, 2), 'dithered').every(Number.isNaN));
  });

  it('is refused if a bit of the levels has changed, and in most other cases, with an error of ours', () => {
    const bytes = form(normals(500)).values;
    let refused = 0;
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      try {
        received(changed);
      } catch (error) {
        refused++;
        assert.ok(bit < 8 * 4 || error instanceof FtteError, `${error}`);
      }
    }
    // Bits of the scale, of the seed's dither beyond its buckets and of the very last byte leave the levels as they are.
    assert.ok(refused > 0.85 * 8 * bytes.length, `${refused} of ${8 * bytes.length}`);
    for (let length = 0; length < bytes.length - 2; length++)
      assert.throws(() => received(bytes.slice(0, length)));
  });

  it('takes neither long nor memory with bytes from anywhere', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const values = received(bytes);
          assert.ok(values.length <= 1024 * (bytes.length + 4) || bytes.length <= 6);
        } catch (error) {
          assert.ok(error instanceof Error);
        }
      }),
    );
  });
});
