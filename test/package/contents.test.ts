import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isBuilt } from '../../tools/support/linked-package';
import { sidebarBytes } from '../../tools/support/sidebar-size';
import { root } from '../support/source-files';

/** The files that `npm publish` would upload, as npm lists them. */
function packedFiles(): string[] {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ files }] = JSON.parse(listed) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

describe('the contents of the npm package', () => {
  let files: string[];
  before(() => {
    files = packedFiles();
  });

  it('has a sidebar that a browser loads with less than 60 KB', () => {
    assert.ok(sidebarBytes() < 60_000, `${sidebarBytes()}`);
  });

  it('have the pages that users read', () => {
    const examples = ['task', 'scenario', 'grafana-dashboard'].map((name) => `docs/examples/${name}.json`);
    for (const page of ['README.md', 'LICENSE', 'docs/protocol.md', 'docs/benchmarks.md', ...examples])
      assert.ok(files.includes(page), `${page} is missing`);
    assert.ok(files.some((path) => path.startsWith('examples/')));
    assert.ok(files.some((path) => path.startsWith('resources/')));
  });

  it('leave out the research log, the sources, the tests and the benchmarks', () => {
    const extra = files.filter(
      (path) => path === 'docs/research-log.md' || /^(gateway|nodes|test|bench|tools|\.\w+)\//.test(path),
    );
    assert.deepEqual(extra, []);
  });

  it('include cbor-x as a file with its licence, and no package', function () {
    if (!isBuilt()) this.skip();
    assert.deepEqual(
      files.filter((path) => path.includes('node_modules')),
      [],
    );
    assert.ok(files.includes('dist/vendor/cbor-x.cjs'));
    assert.match(readFileSync(join(root, 'dist', 'vendor', 'cbor-x.cjs'), 'utf8'), /MIT License/);
    assert.doesNotMatch(
      readFileSync(join(root, 'dist', 'gateway', 'wire', 'cbor.js'), 'utf8'),
      /require\('cbor-x/,
    );
  });

  it('have a source map beside each script, which names its source', function () {
    if (!isBuilt()) this.skip();
    const scripts = files.filter((path) => /^dist\/(gateway|nodes)\/.*\.js$/.test(path));
    for (const script of scripts) {
      assert.ok(
        files.includes(`${script}.map`),
        `${script} has no source map: npm run clean && npm run build`,
      );
      const { sources, sourcesContent } = JSON.parse(readFileSync(join(root, `${script}.map`), 'utf8')) as {
        sources: string[];
        sourcesContent?: string[];
      };
      const source = script.slice('dist/'.length).replace(/\.js$/, '.ts');
      assert.deepEqual(
        sources.map((path) => join(dirname(script), path)),
        [source],
      );
      // The text of the sources would be a third of the package, and a stack trace needs files and lines.
      assert.equal(sourcesContent, undefined, script);
    }
  });

  it('have every type that the public ones refer to', function () {
    if (!isBuilt()) this.skip();
    const packed = new Set(files);
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, string | { types: string }>;
    };
    const open = Object.values(exports).flatMap((entry) =>
      typeof entry === 'string' ? [] : [entry.types.replace(/^\.\//, '')],
    );
    const seen = new Set<string>();
    const lacking: string[] = [];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const text = readFileSync(join(root, path), 'utf8');
      for (const [, from] of text.matchAll(/(?:from |import\()["'](\.[^"']*)["']/g)) {
        const target = join(dirname(path), from!);
        const found = [`${target}.d.ts`, `${target}/index.d.ts`].find((file) => packed.has(file));
        if (found) open.push(found);
        else lacking.push(`${path}: ${from}`);
      }
    }
    assert.deepEqual(lacking, []);
    assert.ok(seen.size > 100, `${seen.size}`);
  });
});
