import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Reads from the lock file and from disk what npm downloads and runs for a user. */
const root = join(__dirname, '..', '..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
type Locked = {
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
  peer?: boolean;
  hasInstallScript?: boolean;
};
const production = Object.entries(lock.packages as Record<string, Locked>).filter(
  ([path, entry]) => path && !entry.dev && !entry.devOptional && !entry.peer,
);

describe('the production dependency tree', () => {
  it('has no install script', () => {
    const scripted = production.filter(([, entry]) => entry.hasInstallScript).map(([path]) => path);
    assert.deepEqual(scripted, []);
  });

  it('stays under 26 MB on disk, this package included', () => {
    const needed = production.filter(([, entry]) => !entry.optional).map(([path]) => path);
    const tree = needed.reduce((sum, path) => sum + sizeOf(join(root, path)), 0);
    const bytes = tree + unpackedBytes();
    assert.ok(bytes < 26 * 2 ** 20, `${(bytes / 2 ** 20).toFixed(1)} MB`);
  });
});

/** Bytes of the files that npm would upload. */
function unpackedBytes(): number {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ unpackedSize }] = JSON.parse(listed) as [{ unpackedSize: number }];
  return unpackedSize;
}

function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce(
    (sum, name) => sum + (name === 'node_modules' ? 0 : sizeOf(join(path, name))),
    0,
  );
}
