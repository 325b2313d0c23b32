import assert from 'node:assert/strict';
import { z } from 'zod';
import { FtteError } from '../../../gateway/platform';
import { field, readConfig } from '../../../nodes/runtime';

const schema = z.object({
  budget: field.number({ min: 1, max: 4096, whole: true, fallback: 256 }),
  label: field.text(''),
  mode: field.choice(['own', 'shared'], 'shared'),
  keep: field.flag(false),
});

describe('the config of a node', () => {
  it('has the fallbacks of empty fields', () => {
    assert.deepEqual(readConfig(schema, { budget: '', keep: undefined }), {
      budget: 256,
      label: '',
      mode: 'shared',
      keep: false,
    });
  });

  it('takes numbers and ticks as text, in the form of the editor and the environment', () => {
    const config = readConfig(schema, { budget: ' 128 ', label: ' a ', mode: 'own', keep: 'true', other: 1 });
    assert.deepEqual(config, { budget: 128, label: 'a', mode: 'own', keep: true });
  });

  const wrong: [string, object, RegExp][] = [
    [
      'a word for a number',
      { budget: 'much' },
      /^budget: expected a whole number from 1 to 4096, got "much"$/,
    ],
    ['a number out of range', { budget: 0 }, /^budget: expected a whole number from 1 to 4096, got 0$/],
    ['a broken number', { budget: '1.5' }, /^budget: expected a whole number .*, got 1\.5$/],
    ['an unknown choice', { mode: 'both' }, /^mode: expected one of own, shared, got "both"$/],
    ['a word for a tick', { keep: 'perhaps' }, /^keep: expected true or false, got "perhaps"$/],
    [
      'a variable that the environment lacks',
      { budget: ['$', '{FTTE_BUDGET}'].join('') },
      /^budget: expected a whole number .*, got \$\{FTTE_BUDGET\}, which the environment does not define/,
    ],
  ];
  for (const [what, config, message] of wrong) {
    it(`is refused with ${what}, in a sentence that names the field, what was expected and what came`, () => {
      assert.throws(
        () => readConfig(schema, config),
        (error) =>
          error instanceof FtteError && error.code === 'config-invalid' && message.test(error.message),
      );
    });
  }

  it('is refused with an empty field that is required', () => {
    assert.throws(
      () => readConfig(z.object({ federation: field.text() }), {}),
      /^FtteError: federation: expected a text, got an empty field$/,
    );
  });
});
