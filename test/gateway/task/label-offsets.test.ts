import assert from 'node:assert/strict';
import { labelOffsets } from '../../../gateway/task';

const task = (training: object = {}, more: object = {}) => ({
  kind: 'classification',
  input: { cut: { kind: 'beats', before: 75 } },
  labels: ['N', 'S', 'V'],
  training: { balance: 'auto', loss: 'auto', ...training },
  ...more,
});
const y = Uint16Array.of(0, 0, 0, 1);

describe('Outputs calibrated by the labels that a gateway has', () => {
  it('get the logarithm of the share of draws of each label, and of a hundredth for one that is absent', () => {
    assert.deepEqual([...labelOffsets(task(), y)!], [0.5, 0.5, 0.01].map(Math.log).map(Math.fround));
  });

  it('stay as they are for other settings, losses, kinds of task and windows', () => {
    for (const balance of ['none', 'root', 'equal'])
      assert.equal(labelOffsets(task({ balance }), y), undefined);
    assert.equal(labelOffsets(task({ loss: 'binary-cross-entropy' }), y), undefined);
    assert.equal(labelOffsets(task({}, { kind: 'anomaly' }), y), undefined);
    assert.equal(labelOffsets(task({}, { input: {} }), y), undefined);
    assert.equal(labelOffsets(task(), new Uint16Array()), undefined);
  });
});
