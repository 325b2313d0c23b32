import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rules } from '../../../../gateway/coordinator/aggregation';
import { root, sourceFiles } from '../../../support/source-files';
import { rule } from './rules';

/** The seven files that a rule needs; docs/development.md lists the same. */
const files = {
  schema: 'gateway/task/aggregation/aggregation-schema.ts',
  table: 'gateway/coordinator/aggregation/rules.ts',
  rule: 'gateway/coordinator/aggregation/<rule>-aggregator.ts',
  test: 'test/gateway/coordinator/aggregation/<rule>-aggregator.test.ts',
  dialog: 'resources/task-dialog/rows/federation.mjs',
  words: 'nodes/ftte-task/locales/en-US/ftte-task.json',
  docs: 'docs/architecture.md',
} as const;

/** Code that asks which rule it has. */
const branch = /\brule\??\.kind\s*[!=]==?|\bswitch\s*\([^)]*\brule\??\.kind\b/;

const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The section of docs/development.md below this heading. */
function checklist(heading: string): string[] {
  const section = read('docs/development.md').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path]) => path!);
}

describe('an aggregation rule', () => {
  it('needs the seven files that the checklist in docs/development.md counts', () => {
    assert.deepEqual(checklist('Add an aggregation rule').sort(), Object.values(files).sort());
  });

  it('is asked for its properties, never for its name, outside aggregation/', () => {
    const code = [...sourceFiles('gateway'), ...sourceFiles('nodes'), files.dialog];
    const outside = code.filter((path) => !path.startsWith('gateway/coordinator/aggregation/'));
    assert.ok(outside.length > 300, `${outside.length} files were found`);
    assert.deepEqual(
      outside.filter((path) => branch.test(read(path))),
      [],
    );
  });

  it('is found if code asks for its name', () => {
    for (const code of [
      "if (rule.kind === 'x')",
      "task?.rule?.kind !== 'x'",
      'switch (settings.rule.kind) {',
    ])
      assert.match(code, branch);
    assert.doesNotMatch("rule: { kind: 'fedavg' }", branch);
  });

  for (const kind of Object.keys(rules) as (keyof typeof rules)[]) {
    describe(`named ${kind}`, () => {
      it('is created under the name that a task has for it', () => {
        assert.equal(rule({ kind }).name, kind);
      });

      it('has a file and a test of its own', () => {
        for (const path of [files.rule, files.test])
          assert.ok(existsSync(join(root, path.replace('<rule>', kind))), path);
      });

      it('is a choice of the dialog, with words', async () => {
        const { federation } = await import(pathToFileURL(join(root, files.dialog)).href);
        const parts = federation.flatMap((row: { parts: { id: string; options?: string[] }[] }) => row.parts);
        const choice = parts.find(({ id }: { id: string }) => id === 'rule');
        assert.ok(choice.options.includes(kind));
        const words = JSON.parse(read(files.words))['ftte-task'].rule[kind];
        assert.ok(words?.length > 5, words);
      });

      it('has a row in the table of docs/architecture.md', () => {
        assert.match(read(files.docs), new RegExp(`^\\| \`${kind}\`.*\\|$`, 'm'));
      });
    });
  }
});
