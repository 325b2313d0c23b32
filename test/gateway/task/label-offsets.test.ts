import assert from 'node:assert/strict';
import { drawBalance, labelOffsets } from '../../../gateway/task';

const task = (changes: object = {}) => ({
  kind: 'classification' as const,
  labels: ['N', 'S', 'V'],
  training: { balance: 'calibrated' as const, loss: 'auto', ...changes },
});
const y = Uint16Array.of(0, 0, 0, 1);

describe('Outputs calibrated by the labels of a gateway', () => {
  it('get the logarithm of the share of each label, and a hundredth for one that is absent', () => {
    const offsets = labelOffsets(task(), y)!;
    assert.deepEqual([...offsets], [0.75, 0.25, 0.01].map(Math.log).map(Math.fround));
  });

  it('take each sample once', () => {
    assert.equal(drawBalance(task()), 0);
  });

  it('stay as they are for other settings, losses and kinds of task', () => {
    for (const balance of ['auto', 'none', 'root', 'equal'])
      assert.equal(labelOffsets(task({ balance }), y), undefined);
    assert.equal(labelOffsets(task({ loss: 'binary-cross-entropy' }), y), undefined);
    assert.equal(labelOffsets({ ...task(), kind: 'forecast' }, y), undefined);
    assert.equal(labelOffsets(task(), new Uint16Array()), undefined);
  });
});
