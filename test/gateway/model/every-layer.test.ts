import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { savedClasses } from '../../../gateway/interchange/layers';
import { checklist } from '../../support/checklist';
import { typeErrors } from '../../support/compile';
import { root } from '../../support/source-files';

const kinds = 'gateway/model/layer-kinds/index.ts';
/** The tables by kind of layer. Their families are one entry each. */
const tables = [
  'gateway/engine/layers/index.ts',
  'gateway/engine-tensorflow/forward.ts',
  'gateway/interchange/layers/index.ts',
  'test/support/engine/layers/index.ts',
];

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('A kind of layer without weights', () => {
  const { count, items } = checklist('Add a layer');

  it('needs at most twelve files, which docs/development.md lists', () => {
    assert.ok(items.length <= 12 && items.length === count, `${items.length} items, ${count} in words`);
    for (const { path } of items) {
      const [folder] = path.split('<');
      assert.ok(existsSync(join(root, folder!)), path);
    }
  });

  it('has every table over kinds of layers among them', () => {
    const listed = items.map(({ path }) => path);
    for (const table of [kinds, ...tables]) {
      const folder = table.replace(/index\.ts$/, '');
      assert.ok(
        listed.some((path) => path === table || path.startsWith(`${folder}<`)),
        table,
      );
    }
  });

  it('is missing in every other table until it has an entry there: the build fails', function () {
    this.timeout(120_000);
    const text = read(kinds);
    const changed = text.replace('\n  reshape,\n}', '\n  reshape,\n  identity: reshape,\n}');
    assert.notEqual(changed, text);
    const errors = typeErrors({ [kinds]: changed }, tables);
    assert.deepEqual(Object.keys(errors).sort(), [...tables].sort());
    for (const [path, messages] of Object.entries(errors))
      assert.match(messages.join(), /Property 'identity' is missing/, path);
  });

  it('is in docs/interchange.md under the name that Keras has for it', () => {
    const document = read('docs/interchange.md');
    for (const name of savedClasses)
      assert.match(document, new RegExp(`\\b${name.replace(/[12]D$/, '')}`, 'i'), name);
  });
});
