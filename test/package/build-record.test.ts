import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuildRecord, filesBelow } from '../../.ci/build-record';

describe('the record of the build', () => {
  let root: string;
  const part = { name: 'part', inputs: ['source.ts'], outputs: ['dist/source.js'] };
  const record = () => new BuildRecord(root, join(root, '.cache', 'built.json'));
  const built = () => {
    writeFileSync(join(root, 'dist', 'source.js'), 'built');
    record().keep(part);
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ftte-build-'));
    mkdirSync(join(root, 'dist'));
    writeFileSync(join(root, 'source.ts'), 'one');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('skips a part that was built from the same inputs, also in another process', () => {
    assert.equal(record().isCurrent(part), false);
    built();
    assert.equal(record().isCurrent(part), true);
  });

  const changes: [string, () => void][] = [
    ['an input has changed', () => writeFileSync(join(root, 'source.ts'), 'two')],
    ['an output is gone', () => rmSync(join(root, 'dist', 'source.js'))],
    ['the record is gone', () => rmSync(join(root, '.cache', 'built.json'))],
    ['the record is damaged', () => writeFileSync(join(root, '.cache', 'built.json'), '{"part":')],
    ['a build of the part did not end', () => record().forget(part)],
  ];
  for (const [change, make] of changes) {
    it(`builds a part again when ${change}`, () => {
      built();
      make();
      assert.equal(record().isCurrent(part), false);
    });
  }

  it('builds a part again when it has another input', () => {
    built();
    writeFileSync(join(root, 'other.ts'), '');
    assert.equal(record().isCurrent({ ...part, inputs: ['source.ts', 'other.ts'] }), false);
  });

  it('finds files by their names in all folders below one, in the same order each time', () => {
    mkdirSync(join(root, 'nodes', 'b'), { recursive: true });
    for (const path of ['nodes/b/two.html', 'nodes/one.html', 'nodes/one.ts'])
      writeFileSync(join(root, path), '');
    assert.deepEqual(filesBelow(root, 'nodes', /\.html$/), ['nodes/b/two.html', 'nodes/one.html']);
  });
});
