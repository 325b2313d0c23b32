import assert from 'node:assert/strict';
import { canonical, resultKey } from '../../../bench/federation/runs/cell';
import type { ScenarioInput } from '../../../gateway/simulation';

const scenario: ScenarioInput = {
  name: 'one',
  data: { synthetic: { people: 4 } },
  clients: 4,
  task: { training: { epochs: 1, batchSize: 8 } },
  schedule: { kind: 'granted' },
  stop: { versions: 3 },
};

describe('the name of a result of the federation benchmark', () => {
  it('is the same for equal scenarios, whatever the order of their fields', () => {
    const reversed = Object.fromEntries(Object.entries(scenario).reverse()) as ScenarioInput;
    const inner = { ...scenario, task: { training: { batchSize: 8, epochs: 1 } } };
    assert.equal(resultKey(reversed), resultKey(scenario));
    assert.equal(resultKey(inner), resultKey(scenario));
  });

  it('does not depend on the name of the scenario', () => {
    assert.equal(resultKey({ ...scenario, name: 'two' }), resultKey(scenario));
  });

  it('changes with any other setting, however deep', () => {
    const deeper = { ...scenario, task: { training: { epochs: 2, batchSize: 8 } } };
    assert.notEqual(resultKey(deeper), resultKey(scenario));
    assert.notEqual(resultKey({ ...scenario, seeds: [2] }), resultKey(scenario));
  });

  it('ignores undefined fields, and depends on the order of a list', () => {
    assert.equal(canonical({ b: undefined, a: [1, 'x', null] }), '{"a":[1,"x",null]}');
    assert.notEqual(canonical([1, 2]), canonical([2, 1]));
  });
});
