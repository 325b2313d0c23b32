import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Reads from the lock file and from disk what npm downloads and runs for a user. */
const root = join(__dirname, '..', '..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
/** Paths that the package has, and with a "!" those that it leaves out. */
const files: readonly string[] = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).files;
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
    const sizes = (paths: readonly string[]) =>
      paths.reduce((sum, path) => sum + sizeOf(join(root, path)), 0);
    const leftOut = files.filter((path) => path.startsWith('!')).map((path) => path.slice(1));
    const bytes = sizes([...needed, ...files.filter((path) => !path.startsWith('!'))]) - sizes(leftOut);
    assert.ok(bytes < 26 * 2 ** 20, `${(bytes / 2 ** 20).toFixed(1)} MB`);
  });
});

function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce(
    (sum, name) => sum + (name === 'node_modules' ? 0 : sizeOf(join(path, name))),
    0,
  );
}
