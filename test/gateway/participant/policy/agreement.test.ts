import assert from 'node:assert/strict';
import { beyondAgreement } from '../../../../gateway/participant/policy/agreement';
import { tinyTask } from '../tools';

const privacy = { level: 'record', epsilon: 4, delta: 1e-6, rounds: 10 } as const;
const agreed = tinyTask({ privacy });

describe('a task with privacy that was agreed to', () => {
  for (const [changed, pattern] of [
    [undefined, /^privacy: got none, agreed was record$/],
    [{ ...privacy, epsilon: 5 }, /^privacy\.epsilon: got 5, agreed was at most 4$/],
    [{ ...privacy, delta: 1e-5 }, /^privacy\.delta: got 0\.00001, agreed was at most 0\.000001$/],
  ] as const) {
    it(`does not become one with ${changed ? 'less' : 'none'} by itself: ${pattern.source}`, () => {
      assert.match(beyondAgreement(tinyTask(changed && { privacy: changed }), agreed) ?? '', pattern);
    });
  }

  it('may protect more, or make its budget last longer', () => {
    const more = tinyTask({ privacy: { ...privacy, epsilon: 2, rounds: 500 } });
    assert.equal(beyondAgreement(more, agreed), undefined);
    assert.equal(beyondAgreement(agreed, tinyTask()), undefined);
  });

  it('does not come to hide something else by itself: each level protects from others', () => {
    const gateways = tinyTask({ privacy: { level: 'gateway', epsilon: 1 } });
    const records = tinyTask({ privacy: { level: 'record', epsilon: 1 } });
    const changed = (from: string, to: string) => `privacy.level: got ${to}, agreed was ${from}`;
    assert.equal(beyondAgreement(records, gateways), changed('gateway', 'record'));
    assert.equal(beyondAgreement(gateways, records), changed('record', 'gateway'));
  });
});
