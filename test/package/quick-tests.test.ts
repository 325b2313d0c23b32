import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/source-files';

/** The patterns of all alternatives of a pattern with `{a,b}`. */
function alternatives(pattern: string): string[] {
  const [all, choice] = /\{([^}]+)\}/.exec(pattern) ?? [];
  if (!all || !choice) return [pattern];
  return choice.split(',').flatMap((each) => alternatives(pattern.replace(all, each)));
}

const asExpression = (pattern: string) =>
  new RegExp(
    `^${pattern.replaceAll('.', '\\.').replaceAll('**', '\0').replaceAll('*', '[^/]*').replaceAll('\0', '.*')}$`,
  );

describe('npm run test:quick', () => {
  const { ignore } = require(join(root, '.mocharc.quick.cjs')) as { ignore: readonly string[] };
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((path) => `test/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.test.ts'));

  for (const pattern of ignore.flatMap(alternatives))
    it(`leaves out only tests that exist: ${pattern}`, () => {
      assert.ok(files.some((path) => asExpression(pattern).test(path)));
    });
});
