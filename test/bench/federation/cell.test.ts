import assert from 'node:assert/strict';
import { canonical, resultKey } from '../../../bench/support/federation/cell';
import type { ScenarioInput } from '../../../gateway/simulation';

const scenario: ScenarioInput = {
  name: 'one',
  data: { synthetic: { people: 4 } },
  clients: 4,
  task: { training: { epochs: 1, batchSize: 8 } },
  schedule: { kind: 'granted' },
  stop: { versions: 3 },
};

describe('federation benchmark: names of results', () => {
  it('equal scenarios have one name, whatever the order of their fields', () => {
    const turned = Object.fromEntries(Object.entries(scenario).reverse()) as ScenarioInput;
    const inner = { ...scenario, task: { training: { batchSize: 8, epochs: 1 } } };
    assert.equal(resultKey(turned), resultKey(scenario));
    assert.equal(resultKey(inner), resultKey(scenario));
  });

  it('what a scenario is called makes no difference to its result', () => {
    assert.equal(resultKey({ ...scenario, name: 'two' }), resultKey(scenario));
  });

  it('any other setting, however deep, is another name', () => {
    const deeper = { ...scenario, task: { training: { epochs: 2, batchSize: 8 } } };
    assert.notEqual(resultKey(deeper), resultKey(scenario));
    assert.notEqual(resultKey({ ...scenario, seeds: [2] }), resultKey(scenario));
  });

  it('a field without a value is as good as none, and the order of a list counts', () => {
    assert.equal(canonical({ b: undefined, a: [1, 'x', null] }), '{"a":[1,"x",null]}');
    assert.notEqual(canonical([1, 2]), canonical([2, 1]));
  });
});
