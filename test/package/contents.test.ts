import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { root } from '../support/source-files';

/** What `npm publish` would upload, as npm itself lists it. */
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

describe('the contents of the npm package', function () {
  this.timeout(60_000);
  let files: string[];
  before(() => {
    files = packedFiles();
  });

  it('have the pages that users read', () => {
    for (const page of ['README.md', 'LICENSE', 'docs/protocol.md', 'docs/benchmarks.md'])
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
});
