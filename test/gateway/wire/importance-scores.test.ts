import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeScores, encodeScores, type ImportanceScores } from '../../../gateway/model';
import { parseTask } from '../../../gateway/task';
import { decodeMessage, encodeMessage } from '../../../gateway/wire';

const task = parseTask({
  name: 'tiny',
  input: { channels: [{ name: 'a' }], rateHz: 1, length: 4, hop: 4 },
  labels: ['rest', 'walk'],
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
});
const envelope = { federation: 'clinic', sender: 'hub', sequence: 1 };
const body = { type: 'task', task, modelKey: '0123456789abcdef', lineage: 'fedcba9876543210' } as const;
const received = (importance: unknown) => {
  const message = decodeMessage(
    encodeMessage(envelope, { ...body, importance: importance as ImportanceScores }),
  );
  assert.equal(message.type, 'task');
  return message.type === 'task' ? message.importance : undefined;
};

describe('what gateways choose their plans by, on the wire', () => {
  it('arrives with the task as it was sent', () => {
    const importance = {
      version: 7,
      norms: Uint8Array.of(255, 0, 9),
      gradients: Uint8Array.of(1, 2, 3),
      gains: [{ tensor: 0, gains: [0.01, 0.02, -0.01, 0.03] }],
    };
    assert.deepEqual(received(importance), importance);
  });

  it('is passed over where it is not understood, and the task is not', () => {
    assert.equal(received({ version: -1 }), undefined);
    assert.equal(received({ version: 1, gains: [{ tensor: 0, gains: [Number.NaN] }] }), undefined);
    assert.equal(received('nothing'), undefined);
  });

  it('scores keep their order and, within 5 %, their ratios in a byte each', () => {
    const score = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 30 }), (scores) => {
        const codes = encodeScores(scores);
        const decoded = decodeScores(codes);
        const largest = Math.max(...scores);
        scores.forEach((value, i) => {
          const ratio = decoded[i]! / (value / largest);
          if (value / largest > 2 ** -30) assert.ok(ratio > 0.95 && ratio < 1.06, `${ratio}`);
          scores.forEach((other, j) => {
            if (value > other) assert.ok(codes[i]! >= codes[j]!);
          });
        });
      }),
    );
    assert.deepEqual([...encodeScores([0, 0])], [0, 0]);
    assert.deepEqual([...encodeScores([0, 1, Number.NaN])], [0, 255, 0]);
  });
});
