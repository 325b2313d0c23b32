import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NoticeCode, noticeCodes } from '../../../gateway/platform';
import { root } from '../../support/source-files';

/** Codes that a source file names where it says something: `code: 'x'`, or `say('x'`. */
const codesIn = (text: string) =>
  [...text.matchAll(/(?:code: |say\()'([a-z-]+)'/g)].map(([, code = '']) => code);

describe('a notice of a region', () => {
  const places = ['gateway/region', 'nodes/ftte-coordinate'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(root, folder, name)),
  );
  const said = new Set(places.flatMap((place) => codesIn(readFileSync(place, 'utf8'))));

  it('has a code whose row in the table names the coordinate node, which says it', () => {
    assert.ok(said.size >= 6, [...said].join());
    const missing = [...said].filter(
      (code) => !(noticeCodes[code as NoticeCode] as readonly string[]).includes('coordinate'),
    );
    assert.deepEqual(missing, []);
  });

  it('has one of the codes by which a gateway does not take a task', () => {
    for (const code of ['task-refused', 'task-waiting', 'version-differs'] as const)
      assert.ok((noticeCodes[code] as readonly string[]).includes('coordinate'), code);
  });
});
