import assert from 'node:assert/strict';
import { fewestEver, mostListed } from '../../../gateway/masking';
import { maskedFactor, parseTask } from '../../../gateway/task';

const task = {
  name: 'masked',
  input: { channels: [{ name: 'a' }], rateHz: 10, length: 8, hop: 8 },
  labels: ['still', 'moving'],
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
};

describe('a task with masked updates', () => {
  it('takes the rules that need sums only', () => {
    for (const kind of ['ftte', 'fedbuff', 'fedavg', 'fadas'])
      assert.equal(
        parseTask({ ...task, aggregation: { masked: true, rule: { kind } } }).aggregation.masked,
        true,
      );
    assert.equal(parseTask(task).aggregation.masked, undefined);
  });

  it('is refused with what needs single updates, naming the field and the reason', () => {
    const wrong = [
      [
        { rule: { kind: 'ca2fl' } },
        /aggregation\.rule\.kind: expected another rule, got ca2fl: it keeps the last update/,
      ],
      [{ rule: { kind: 'fedasync' } }, /aggregation\.rule\.kind: expected another rule, got fedasync/],
      [{ robust: 'trust' }, /aggregation\.robust: expected none, got trust: it judges each update/],
      [{ variance: 'distance' }, /aggregation\.variance: expected none or gradient, got distance/],
      [{ steps: 'normalise' }, /aggregation\.steps: expected keep, got normalise/],
      [{ bufferSize: fewestEver - 1 }, /aggregation\.bufferSize: expected auto or 3 to 16, got 2/],
      [{ bufferSize: mostListed + 1 }, /aggregation\.bufferSize: expected auto or 3 to 16, got 17/],
    ] as const;
    for (const [change, reason] of wrong)
      assert.throws(() => parseTask({ ...task, aggregation: { masked: true, ...change } }), reason);
  });

  it('has buffers of as many updates as helpers open at once', () => {
    for (const bufferSize of [fewestEver, mostListed])
      assert.equal(
        parseTask({ ...task, aggregation: { masked: true, bufferSize } }).aggregation.bufferSize,
        bufferSize,
      );
  });

  it('weighs an update by its samples, or all alike if the rule does', () => {
    const parsed = (kind: string) =>
      parseTask({
        ...task,
        training: { maxSamplesPerRound: 64 },
        aggregation: { masked: true, rule: { kind } },
      });
    assert.equal(maskedFactor(parsed('ftte'), 16), 0.25);
    assert.equal(maskedFactor(parsed('ftte'), 1000), 1);
    assert.equal(maskedFactor(parsed('fedbuff'), 16), 1);
  });
});
