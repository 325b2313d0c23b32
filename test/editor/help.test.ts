import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const nodes = join(__dirname, '..', '..', 'nodes');
const types = readdirSync(nodes).filter((name) => name.startsWith('ftte-'));

/** A property as the editor's markdown reads it: one line, and no colon but its two. */
const property = /^\s*:[^:]+\([^:]+\)[^:]*:[^:]*$/;

describe('the help texts', () => {
  for (const type of types) {
    const help = readFileSync(join(nodes, type, 'locales', 'en-US', `${type}.html`), 'utf8');
    const lines = help.split('\n');

    it(`list the properties of ${type} so that the editor can show them`, () => {
      const listed = lines.filter((line) => /^\s*:/.test(line));
      assert.ok(listed.length > 0);
      for (const line of listed) assert.match(line, property);
      const torn = lines.filter(
        (line, i) => /^\s*:/.test(lines[i - 1] ?? '') && !/^\s*(:.*|\d+\. .*)?$/.test(line),
      );
      assert.deepEqual(torn, [], 'a property goes on in a second line');
    });

    it(`have the parts that a reader looks for in ${type}`, () => {
      const parts = lines.filter((line) => line.startsWith('### ')).map((line) => line.slice(4));
      assert.ok(parts.includes('Details'));
      assert.ok(parts.includes('Inputs') || parts.includes('Properties'));
    });
  }
});
