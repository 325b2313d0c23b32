import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
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

const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .map((path) => `test/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.test.ts'));

describe('npm test', () => {
  it('runs every file once, the longest first', () => {
    // The one that mocha itself uses.
    const glob = createRequire(require.resolve('mocha'))('glob') as {
      sync(pattern: string, options: object): string[];
    };
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const patterns = [...scripts['test']!.matchAll(/'([^']+)'/g)].map(([, pattern]) => pattern!);
    const run = patterns.flatMap((pattern) => glob.sync(pattern, { cwd: root, posix: true }));
    assert.match(run[0]!, /crash-points/);
    assert.deepEqual(run.sort(), [...files].sort());
  });
});

describe('npm run test:quick', () => {
  const { ignore } = require(join(root, '.mocharc.quick.cjs')) as { ignore: readonly string[] };

  for (const pattern of ignore.flatMap(alternatives))
    it(`leaves out only tests that exist: ${pattern}`, () => {
      assert.ok(files.some((path) => asExpression(pattern).test(path)));
    });

  it('leaves out every test that opens a browser', () => {
    const left = ignore.flatMap(alternatives).map(asExpression);
    const inBrowser = files.filter((path) =>
      /\b(?:harnessForTests|startBrowser)\(/.test(readFileSync(join(root, path), 'utf8')),
    );
    assert.ok(inBrowser.length > 10);
    assert.deepEqual(
      inBrowser.filter((path) => !left.some((pattern) => pattern.test(path))),
      [],
    );
  });
});
