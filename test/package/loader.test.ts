import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root as project } from '../support/source-files';

describe('the loader of tests', () => {
  let root: string;
  /** Writes a file that is as old as given. */
  const write = (path: string, text: string, seconds: number) => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    utimesSync(file, seconds, seconds);
    utimesSync(dirname(file), seconds, seconds);
  };
  const record = join('.ci', '.cache', 'built.json');
  const loaded = (...args: string[]) =>
    execFileSync(process.execPath, ['--require', './test/loader.cjs', 'test/a.test.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
    }).trim();

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ftte-loader-'));
    symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'));
    mkdirSync(join(root, 'test'));
    cpSync(join(project, 'test', 'loader.cjs'), join(root, 'test', 'loader.cjs'));
    write(
      'test/a.test.ts',
      `const { name }: { name: string } = require('../gateway/a'); console.log(name)`,
      9,
    );
    write('gateway/a.ts', `export { name } from './b'`, 1);
    write('gateway/b.ts', `export const name: string = 'source'`, 1);
    mkdirSync(join(root, 'nodes'));
    utimesSync(join(root, 'nodes'), 1, 1);
    write('dist/gateway/a.js', `exports.name = require('./b').name`, 2);
    write('dist/gateway/b.js', `exports.name = 'build'`, 2);
    write(record, JSON.stringify({ typescript: 'digest', assets: 'digest' }), 2);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('takes the build in place of the sources while it is current', () => assert.equal(loaded(), 'build'));

  const changes: [string, () => void][] = [
    ['a source is newer than the build', () => write('gateway/b.ts', `export const name = 'source'`, 3)],
    ['a source was made since', () => write('nodes/c/c.ts', '', 3)],
    ['a source was removed since', () => utimesSync(join(root, 'gateway'), 3, 3)],
    ['a build did not end', () => write(record, JSON.stringify({ assets: 'digest' }), 4)],
    ['nothing was built', () => rmSync(join(root, record))],
  ];
  for (const [change, make] of changes) {
    it(`takes the sources if ${change}`, () => {
      make();
      assert.equal(loaded(), 'source');
    });
  }

  it('takes the sources that are watched', () => assert.equal(loaded('--watch'), 'source'));
});
