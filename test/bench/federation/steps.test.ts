import assert from 'node:assert/strict';
import { withSteps } from '../../../bench/federation/runs/steps';
import { runSync } from '../../../gateway/platform';
import { encodeSteps, type TensorEncoding } from '../../../gateway/wire';

const values = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i * i) / 10);
const bytesOf = (encoding: TensorEncoding, step?: number) => {
  const { values: bytes } = runSync(encodeSteps(values, encoding, step)) as { values: Uint8Array };
  return bytes.length;
};

describe('the steps of the encodings in a run of the federation benchmark', () => {
  it('take the place of those of the package, and not after the run', () => {
    const usual = [bytesOf('dithered'), bytesOf('coarse', 0.05)] as const;
    const restore = withSteps({ update: 1, catchUpShare: 2 });
    const other = [bytesOf('dithered'), bytesOf('coarse', 0.05)] as const;
    restore();
    assert.ok(other[0] > usual[0] && other[1] < usual[1], `${usual} and ${other}`);
    assert.deepEqual([bytesOf('dithered'), bytesOf('coarse', 0.05)], usual);
  });

  it('leave patches as they are, whose step is that of their encoding', () => {
    const usual = bytesOf('coarse');
    const restore = withSteps({ catchUpShare: 2 });
    assert.equal(bytesOf('coarse'), usual);
    restore();
  });
});
