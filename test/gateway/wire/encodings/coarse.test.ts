import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runSync, SeededRandom } from '../../../../gateway/platform';
import { asReceived, decodeTensor, encodeSteps, encodeValues } from '../../../../gateway/wire';

describe('the encoding coarse', () => {
  it('rounds to the nearest level of a step that is at most half of the root mean square', () => {
    // The root mean square is 1, so the step is 1/2.
    const values = Float32Array.of(1.2, -0.9, 0.24, -1.26, 0.26, 1.28);
    const rms = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    assert.ok(rms > 1 / 1.09 && rms < 1.09, `${rms}`);
    const got = asReceived(values, 'coarse');
    const step = got[4]!;
    assert.ok(step > 0.45 && step <= rms / 2, `${step}`);
    assert.deepEqual(
      [...got],
      [...values].map((x) => Math.fround(step * Math.floor(x / step + 0.5))),
    );
  });

  it('takes the step that its sender chooses, rounded down to an eighth of an octave', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), fc.integer(), (step, seed) => {
        const random = new SeededRandom(seed);
        const values = new Float32Array(50).map(() => step * 20 * random.normal());
        const encoded = runSync(encodeSteps(values, 'coarse', step));
        for (const [i, value] of decodeTensor(encoded).entries())
          assert.ok(Math.abs(value - values[i]!) <= (step / 2) * (1 + 1e-6));
      }),
    );
  });

  it('takes about three bits for each normal number, and hardly any for a zero among zeros', () => {
    const random = new SeededRandom(1);
    const bytes = (values: Float32Array) =>
      (encodeValues(values, 'coarse') as { values: Uint8Array }).values.length;
    assert.ok(bytes(new Float32Array(3000).map(() => random.normal())) < (3.3 / 8) * 3000);
    assert.ok(bytes(new Float32Array(3000).fill(1, 100, 200)) < 140);
  });
});
