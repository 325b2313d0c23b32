import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkSchema } from '../../../gateway/platform';
import { root, sourceFiles } from '../../support/source-files';

const kind = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rounds'), clients: z.number().int().min(1) }),
  z.strictObject({ kind: z.literal('granted') }),
]);
const whole = z.number().int().min(1);

describe('a mistake in a value from outside', () => {
  const cases: [string, z.ZodType, unknown, string][] = [
    [
      'a text for a number',
      z.strictObject({ window: whole }),
      { window: 'abc' },
      'window: expected a whole number of at least 1, got the text "abc"',
    ],
    [
      'nothing for a number',
      z.strictObject({ window: whole }),
      {},
      'window: expected a whole number of at least 1, got nothing',
    ],
    [
      'a text for a number with a range',
      whole.max(5),
      'abc',
      'expected a whole number from 1 to 5, got the text "abc"',
    ],
    ['a number below its range', whole.max(5), 0, 'expected a number of at least 1, got 0'],
    ['a number that is not whole', whole, 2.5, 'expected a whole number, got 2.5'],
    [
      'a text for a share',
      z.number().positive().max(1),
      'x',
      'expected a number above 0 and of at most 1, got the text "x"',
    ],
    ['a number at an excluded end', z.number().positive(), 0, 'expected a number above 0, got 0'],
    ['a number that is not finite', z.number(), Number.POSITIVE_INFINITY, 'expected a number, got Infinity'],
    ['an empty text', z.string().min(1), '', 'expected a text, got the text ""'],
    [
      'a long text',
      z.string().max(3),
      'abcd',
      'expected a text of at most 3 characters, got the text "abcd"',
    ],
    [
      'a list that is short',
      z.array(z.string()).min(2),
      ['a'],
      'expected a list of at least 2, got an array of 1',
    ],
    ['an object for a list', z.array(z.string()), {}, 'expected a list, got an object'],
    ['another word', z.enum(['S', 'M']), 'L', 'expected one of S, M, got the text "L"'],
    [
      'a field too many',
      z.strictObject({ a: whole }),
      { a: 1, bb: 2 },
      'bb: there is no field of this name, expected one of a',
    ],
    [
      'a misspelt field',
      z.strictObject({ rateHz: whole }),
      { rate: 5 },
      'rateHz: expected a whole number of at least 1, got nothing; there is no field rate',
    ],
    ['another kind', kind, { kind: 'free' }, 'kind: expected one of rounds, granted, got the text "free"'],
    [
      'a mistake in the form that was meant',
      z.strictObject({ schedule: kind }),
      { schedule: { kind: 'rounds', clients: 0 } },
      'schedule.clients: expected a number of at least 1, got 0',
    ],
    [
      'two forms',
      z.union([whole, z.literal('auto')]),
      'x',
      'expected a whole number of at least 1 or auto, got the text "x"',
    ],
    [
      'words of the schema',
      z.string().refine(() => false, 'expected another name'),
      'a',
      'expected another name, got the text "a"',
    ],
    [
      'words that say what came',
      z.string().refine(() => false, 'expected b, got an a'),
      'a',
      'expected b, got an a',
    ],
  ];
  for (const [what, schema, value, expected] of cases) {
    it(`is put into the words of the project: ${what}`, () => {
      const { issue } = checkSchema(schema, value);
      assert.ok(issue);
      assert.equal(issue.field === '' ? issue.text : `${issue.field}: ${issue.text}`, expected);
    });
  }

  it('is not found in a value that fits, whose defaults are filled in', () => {
    assert.deepEqual(checkSchema(z.strictObject({ a: whole.default(3) }), {}), { data: { a: 3 } });
  });

  it('is put into words in one place only, so that nobody reads those of the schema library', () => {
    const readers = [...sourceFiles('gateway'), ...sourceFiles('nodes')].filter((file) =>
      /\.issues\b/.test(readFileSync(join(root, file), 'utf8')),
    );
    assert.deepEqual(readers, ['gateway/platform/errors/schema-issue.ts']);
  });
});
