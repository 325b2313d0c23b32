import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FtteError } from '../../../gateway/platform';
import { refusals, rules, SecurityError } from '../../../gateway/security';
import { root, sourceFiles } from '../../support/source-files';

const textOf = (folder: string, without: string) =>
  sourceFiles(folder)
    .filter((path) => !path.endsWith(without))
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n');

describe('the rules of the envelope', () => {
  const code = textOf('gateway/security', 'rules/rules.ts') + textOf('gateway/session/protection', 'none');
  const tests = textOf('test/gateway/security', 'rules.test.ts') + textOf('test/gateway/session', 'none');

  for (const rule of Object.keys(rules)) {
    it(`are cited in the code that follows them, and in a test: ${rule}`, () => {
      const cited = new RegExp(`\\b${rule}\\b`);
      assert.match(code, cited, 'in code');
      assert.match(tests, cited, 'in tests');
    });
  }

  it('are numbered without gaps', () => {
    assert.deepEqual(
      Object.keys(rules),
      Object.keys(rules).map((_, i) => `P-${i + 1}`),
    );
  });

  it('are the table of docs/protocol.md, word for word', () => {
    const document = readFileSync(join(root, 'docs', 'protocol.md'), 'utf8');
    const rows = [...document.matchAll(/^\| (P-\d+) \| (.*) \|$/gm)].map(([, rule, text]) => [rule, text]);
    assert.deepEqual(rows, Object.entries(rules));
  });

  it('stand behind every reason for which something is refused', () => {
    for (const [reason, { rule, code }] of Object.entries(refusals)) {
      const error = new SecurityError(reason as keyof typeof refusals, 'text');
      assert.ok(error instanceof FtteError);
      assert.deepEqual([error.code, error.details], [code, { reason, rule }]);
      assert.ok(rule in rules, rule);
    }
  });

  it('have a test for every reason', () => {
    for (const reason of Object.keys(refusals))
      assert.ok(tests.includes(`'${reason}'`), `no test of ${reason}`);
  });
});
