import { deepEqual, equal } from 'node:assert/strict';
import type { Aggregation, TaskInput } from '../../../../gateway/task';
import { contribution } from './contributions';
import { close, combine, rule } from './rules';

describe('the FedAsync rule', () => {
  const at = (age: number, kind: Aggregation['age']) =>
    combine(rule({ kind: 'fedasync', mixing: 0.5 }, { age: kind }), [contribution([8])], age).values;

  it('makes a version of each arrival, however many gateways are online', () => {
    const aggregator = rule({ kind: 'fedasync' }, { bufferSize: 10 });
    equal(aggregator.capacity(500), 1);
    equal(aggregator.ready([contribution([1]), contribution([1])], 500), 1);
  });

  it('mixes in a share that is constant, falls with the age, or falls after a grace', () => {
    // mixing 0.5: 8 -> 4 times s(tau).
    close(at(7, { kind: 'constant' }), [4]);
    close(at(3, { kind: 'polynomial', alpha: 0.5 }), [2]);
    // Hinge with b = 4, a = 10: 1 up to age 4, then 1 / (10 (tau - 4) + 1) = 1/11 at 5, 1/21 at 6.
    const hinge = { kind: 'hinge', grace: 4, slope: 10 } as const;
    close(at(4, hinge), [4]);
    close(at(5, hinge), [4 / 11]);
    close(at(6, hinge), [4 / 21]);
  });

  it('mixes a share of a contribution that is alone, not all of it', () => {
    const { values, shares } = combine(rule({ kind: 'fedasync', mixing: 0.25 }), [contribution([8])]);
    close(values, [2]);
    deepEqual(shares, [1]);
  });

  it('mixes contributions that waited together in one after the other, the oldest first', () => {
    // 0 -> 0.5 * 8 = 4 -> 0.5 * 4 + 0.5 * 2 = 3; 1/4 of the first remains, 1/2 of the second.
    const list = [contribution([8]), contribution([2])];
    const { values, shares } = combine(rule({ kind: 'fedasync', mixing: 0.5 }), list);
    close(values, [3]);
    close(shares, [1 / 3, 2 / 3]);
  });

  it('takes whole server steps unless the task sets a rate: its mixing depends on the age already', () => {
    const moved = (server: TaskInput['aggregation']) => {
      const parameters = new Float32Array(1);
      const input = { values: Float64Array.of(1), held: [{ offset: 0, length: 1 }] };
      rule({ kind: 'fedasync' }, server)
        .createServer()
        .step(parameters, input, [{ age: 9 }]);
      return parameters[0];
    };
    equal(moved({}), 1);
    equal(moved({ server: { kind: 'sgd', learningRate: 0.5 } }), 0.5);
  });

  it('mixes only the coordinates that a plan holds', () => {
    const list = [
      contribution([8, 8], { segments: [{ offset: 0, length: 2 }] }),
      contribution([2, 2], { segments: [{ offset: 1, length: 2 }] }),
    ];
    close(combine(rule({ kind: 'fedasync', mixing: 0.5 }), list).values, [4, 3, 1]);
  });
});
