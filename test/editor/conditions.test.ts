import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Condition = readonly [string, unknown] | ((fieldValue: (id: string) => unknown) => boolean);
interface Field {
  readonly id: string;
  readonly of?: Condition;
  readonly when?: Condition;
}
interface Conditions {
  readonly filled: symbol;
  conditions(
    partOf: (id: string) => Field | undefined,
    fieldValue: (id: string) => unknown,
  ): { applies(field: Field): boolean; isShown(field: Field): boolean };
}

const file = join(__dirname, '..', '..', 'resources', 'dialogs', 'conditions.mjs');

describe('a field of a dialog', () => {
  let module: Conditions;
  before(async () => {
    module = (await import(pathToFileURL(file).href)) as Conditions;
  });

  const broker: Field = { id: 'broker' };
  const reach: Field = { id: 'reach', of: ['broker', ['hosted']] };
  const address: Field = { id: 'address', of: ['broker', ['hosted']], when: ['reach', ['other']] };
  const judge = (field: Field, values: Record<string, unknown>) => {
    const parts = [broker, reach, address, field];
    const { applies, isShown } = module.conditions(
      (id) => parts.find((part) => part.id === id),
      (id) => values[id],
    );
    return [applies(field), isShown(field)];
  };

  it('without a condition applies and is shown', () => {
    assert.deepEqual(judge(broker, {}), [true, true]);
  });

  it('of a choice applies and is shown with it only', () => {
    assert.deepEqual(judge(reach, { broker: 'hosted' }), [true, true]);
    assert.deepEqual(judge(reach, { broker: 'url' }), [false, false]);
  });

  it('with a condition of its own applies while it is hidden', () => {
    assert.deepEqual(judge(address, { broker: 'hosted', reach: 'machine' }), [true, false]);
    assert.deepEqual(judge(address, { broker: 'hosted', reach: 'other' }), [true, true]);
  });

  it('is hidden with the field that it depends on', () => {
    const only: Field = { id: 'only', when: ['reach', ['other']] };
    assert.deepEqual(judge(only, { broker: 'url', reach: 'other' }), [true, false]);
  });

  it('may depend on whether a field is filled, or on several fields', () => {
    const epochs: Field = { id: 'epochs', when: ['samples', module.filled] };
    assert.deepEqual(judge(epochs, { samples: ' ' }), [true, false]);
    assert.deepEqual(judge(epochs, { samples: 3 }), [true, true]);
    const open: Field = { id: 'open', when: (value) => value('bind') === '0.0.0.0' && !value('user') };
    assert.deepEqual(judge(open, { bind: '0.0.0.0' }), [true, true]);
    assert.deepEqual(judge(open, { bind: '0.0.0.0', user: 'u' }), [true, false]);
  });
});
