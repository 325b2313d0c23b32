import { deepEqual, equal, rejects } from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FtteError, readIfThere, removeLeftovers, writeAtomically } from '../../../../gateway/platform';

describe('files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-files-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const storage = (path: string) => (error: unknown) =>
    error instanceof FtteError && error.code === 'storage' && error.message.includes(path);

  it('are read whole, and are undefined if they do not exist', async () => {
    const path = join(folder, 'deep', 'file');
    equal(await readIfThere(path), undefined);
    await writeAtomically(path, 'old');
    await writeAtomically(path, 'new');
    equal((await readIfThere(path))?.toString(), 'new');
  });

  it('that cannot be read or written give an error with their path', async () => {
    await rejects(readIfThere(folder), storage(folder));
    const path = join(folder, 'file', 'inside');
    await writeFile(join(folder, 'file'), '');
    await rejects(writeAtomically(path, 'x'), storage(path));
  });

  it('are written over a spare file, whether it is longer, shorter or gone', async () => {
    const path = join(folder, 'kept');
    for (const before of ['longer than that', 'short', undefined]) {
      const spare = join(folder, 'spare.part');
      if (before !== undefined) await writeFile(spare, before);
      await writeAtomically(path, 'the new', { path: spare, bytes: before?.length ?? 100 });
      equal((await readIfThere(path))?.toString(), 'the new');
      deepEqual(await readdir(folder), ['kept']);
    }
  });

  it('leave no temporary file, and the one that a crash left is removed', async () => {
    await writeAtomically(join(folder, 'kept'), 'x');
    await writeFile(join(folder, 'kept.0a1b2c3d.part'), 'half');
    await removeLeftovers(folder);
    deepEqual(await readdir(folder), ['kept']);
  });
});
