import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { currentVersion, type Migration } from '../../nodes/runtime';
import { inNumber } from '../../nodes/runtime/status/plural';
import { root } from '../support/source-files';

const nodes = readdirSync(join(root, 'nodes')).filter((name) => name.startsWith('ftte-'));

describe('every node', () => {
  for (const node of nodes) {
    const folder = join(root, 'nodes', node);

    it(`has the same files: ${node}`, () => {
      for (const file of [
        `${node}.ts`,
        `${node}.html`,
        'config.ts',
        'migrations.ts',
        `icons/${node}.svg`,
        `locales/en-US/${node}.json`,
        `locales/en-US/${node}.html`,
      ])
        assert.ok(existsSync(join(folder, file)), file);
    });

    it(`writes the version of its config that its migrations lead to: ${node}`, () => {
      const { migrations } = require(join(folder, 'migrations')) as { migrations: readonly Migration[] };
      const current = currentVersion(migrations);
      const html = readFileSync(join(folder, `${node}.html`), 'utf8');
      assert.equal(Number(/ftteDialog\('[\w-]+', \{\s*version: (\d+)/.exec(html)?.[1]), current, 'dialog');
      for (const file of readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.json'))) {
        const flow = JSON.parse(readFileSync(join(root, 'examples', file), 'utf8')) as Record<
          string,
          unknown
        >[];
        for (const { id, configVersion } of flow.filter(({ type }) => type === node))
          assert.equal(configVersion, current, `${file}: ${id}`);
      }
    });

    it(`has status texts that fit under the node: ${node}`, () => {
      const words = JSON.parse(
        readFileSync(join(folder, 'locales', 'en-US', `${node}.json`), 'utf8'),
      ) as Record<string, { status?: Record<string, string> }>;
      const texts = words[node]?.status ?? {};
      for (const [key, text] of Object.entries(texts)) {
        // A status that is too long with its numbers is shown in its short form, if it has one.
        const filled = inNumber((texts[`${key}-short`] ?? text).replace(/__\w+__/g, '123'), () => 'en-US');
        assert.ok(filled.length <= 20, `${key}: ${filled}`);
      }
    });

    it(`sets statuses by keys of its words, or of those that all nodes share: ${node}`, () => {
      const keysOf = (name: string) => {
        const file = join(root, 'nodes', name, 'locales', 'en-US', `${name}.json`);
        const words = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { status?: object }>;
        return Object.keys(words[name]?.status ?? {});
      };
      const known = new Set([...keysOf(node), ...keysOf('ftte-federation')]);
      const sources = readdirSync(folder).filter((name) => name.endsWith('.ts'));
      for (const name of sources)
        for (const [, key] of readFileSync(join(folder, name), 'utf8').matchAll(
          /status\.set\([^,()]+,[^,()]+,\s*'([^']+)'/g,
        ))
          assert.ok(known.has(key!), `${name}: ${key}`);
    });

    it(`numbers the steps of its config without a hole: ${node}`, () => {
      const { migrations } = require(join(folder, 'migrations')) as { migrations: readonly Migration[] };
      assert.deepEqual(
        migrations.map(({ to }) => to),
        migrations.map((_, i) => i + 2),
      );
    });
  }
});
