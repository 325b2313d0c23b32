import assert from 'node:assert/strict';
import { canonical, resultKey } from '../../../bench/federation/runs/cell';
import type { Steps } from '../../../bench/federation/runs/steps';
import type { ScenarioInput } from '../../../gateway/simulation';

const scenario: ScenarioInput = {
  name: 'one',
  data: { synthetic: { people: 4 } },
  clients: 4,
  task: { training: { epochs: 1, batchSize: 8 } },
  schedule: { kind: 'granted' },
  stop: { versions: 3 },
};

const keyOf = (of: ScenarioInput, steps?: Steps) => resultKey({ scenario: of, steps });

describe('the name of a result of the federation benchmark', () => {
  it('is the same for equal scenarios, whatever the order of their fields', () => {
    const reversed = Object.fromEntries(Object.entries(scenario).reverse()) as ScenarioInput;
    const inner = { ...scenario, task: { training: { batchSize: 8, epochs: 1 } } };
    assert.equal(keyOf(reversed), keyOf(scenario));
    assert.equal(keyOf(inner), keyOf(scenario));
  });

  it('does not depend on the name of the scenario', () => {
    assert.equal(keyOf({ ...scenario, name: 'two' }), keyOf(scenario));
  });

  it('changes with any other setting, however deep', () => {
    const deeper = { ...scenario, task: { training: { epochs: 2, batchSize: 8 } } };
    assert.notEqual(keyOf(deeper), keyOf(scenario));
    assert.notEqual(keyOf({ ...scenario, seeds: [2] }), keyOf(scenario));
  });

  it('changes with the steps of the encodings, and is that of before without them', () => {
    assert.notEqual(keyOf(scenario, { update: 2 }), keyOf(scenario));
    assert.notEqual(keyOf(scenario, { update: 2 }), keyOf(scenario, { update: 1 }));
    assert.equal(keyOf(scenario), '0402dde58766ee18c9efa2ee');
  });

  it('ignores undefined fields, and depends on the order of a list', () => {
    assert.equal(canonical({ b: undefined, a: [1, 'x', null] }), '{"a":[1,"x",null]}');
    assert.notEqual(canonical([1, 2]), canonical([2, 1]));
  });
});
