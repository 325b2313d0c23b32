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

describe('a node’s config', () => {
  it('fills what was left empty', () => {
    assert.deepEqual(readConfig(schema, { budget: '', keep: undefined }), {
      budget: 256,
      label: '',
      mode: 'shared',
      keep: false,
    });
  });

  it('takes numbers and ticks as text, as the editor and the environment give them', () => {
    const config = readConfig(schema, { budget: ' 128 ', label: ' a ', mode: 'own', keep: 'true', other: 1 });
    assert.deepEqual(config, { budget: 128, label: 'a', mode: 'own', keep: true });
  });

  const wrong: [string, object, RegExp][] = [
    ['a word for a number', { budget: 'much' }, /^budget is "much", wants a whole number from 1 to 4096$/],
    ['a number out of range', { budget: 0 }, /^budget is 0, wants a whole number from 1 to 4096$/],
    ['a broken number', { budget: '1.5' }, /^budget is 1\.5, wants a whole number/],
    ['an unknown choice', { mode: 'both' }, /^mode is "both", wants one of own, shared$/],
    ['a word for a tick', { keep: 'perhaps' }, /^keep is "perhaps", wants true or false$/],
    [
      'a variable that the environment lacks',
      { budget: ['$', '{FTTE_BUDGET}'].join('') },
      /^budget is \$\{FTTE_BUDGET\}, which the environment does not have/,
    ],
  ];
  for (const [what, config, message] of wrong) {
    it(`names the field, what it holds and what it wants for ${what}`, () => {
      assert.throws(
        () => readConfig(schema, config),
        (error) =>
          error instanceof FtteError && error.code === 'config-invalid' && message.test(error.message),
      );
    });
  }

  it('says of a required field that it is empty', () => {
    assert.throws(
      () => readConfig(z.object({ federation: field.text() }), {}),
      /^FtteError: federation is empty, wants a text$/,
    );
  });
});
