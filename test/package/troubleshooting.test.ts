import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NoticeCode, noticeCodes } from '../../gateway/platform';
import { documentedStandstills } from '../support/node-red/standstill';
import { root } from '../support/source-files';

/** Rows of docs/troubleshooting.md about a code: `| \`code\` | said by | what is seen | why | what to do |`. */
function documented(): { code: string; from: string[]; cells: string[] }[] {
  const page = readFileSync(join(root, 'docs', 'troubleshooting.md'), 'utf8');
  return [...page.matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].map(([, code = '', rest = '']) => {
    const [from = '', ...cells] = rest.split(' | ');
    return { code, from: from.split(', ').filter((name) => name !== '-'), cells };
  });
}

describe('docs/troubleshooting.md', () => {
  const rows = documented();

  it('has one row for each code, and no other', () => {
    assert.deepEqual(rows.map(({ code }) => code).sort(), Object.keys(noticeCodes).sort());
  });

  it('names the nodes that the table of codes names', () => {
    for (const { code, from } of rows)
      assert.deepEqual(from.sort(), [...noticeCodes[code as NoticeCode]].sort(), code);
  });

  it('describes for each code the symptom, the cause, and the remedy', () => {
    for (const { code, cells } of rows) {
      assert.equal(cells.length, 3, code);
      for (const cell of cells) assert.ok(cell.trim().length > 3, `${code}: ${cells.join(' | ')}`);
    }
  });

  it('has at least thirty ways to stand still, each tested, with a known code, and shown within a minute', () => {
    const standstills = documentedStandstills();
    assert.ok(standstills.length >= 30, `${standstills.length} rows can be read`);
    const folder = join(root, 'test', 'nodes', 'standstills');
    const tests = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const tested = tests.flatMap((text) =>
      [...text.matchAll(/standstill\(\s*(?:'([^']+)'|"([^"]+)")/g)].map(([, one, two]) => one ?? two ?? ''),
    );
    assert.deepEqual(standstills.map(({ way }) => way).sort(), tested.sort());
    for (const { way, code, within } of standstills) {
      assert.ok(code in noticeCodes, `${way}: ${code}`);
      assert.ok(within < 60, way);
    }
  });
});
