import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FtteError, makeFolder, writeAtomically } from '../../../../gateway/platform';
import { canMount, needsRoot, SmallDisk, withoutRights } from '../../../support/disks';

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('a folder that is made', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-folder-'));
    await chmod(folder, 0o755);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('exists with all its parents, for its owner alone, and may exist before', async () => {
    const path = join(folder, 'a', 'b', 'c');
    await makeFolder(path);
    await makeFolder(path);
    for (const made of ['a', 'a/b', 'a/b/c']) assert.equal(await modeOf(join(folder, made)), 0o700);
    assert.equal(await modeOf(folder), 0o755);
  });

  it('may be made twice at the same time', async () => {
    const path = join(folder, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
    assert.ok((await stat(path)).isDirectory());
  });

  it('may be reached by a link', async () => {
    await mkdir(join(folder, 'there'));
    await symlink(join(folder, 'there'), join(folder, 'link'));
    await makeFolder(join(folder, 'link', 'a'));
    assert.ok((await stat(join(folder, 'there', 'a'))).isDirectory());
  });

  const refused: readonly { what: string; code: string; prepare: () => Promise<string> }[] = [
    {
      what: 'below a file',
      code: 'ENOTDIR',
      prepare: async () => {
        await writeFile(join(folder, 'file'), '');
        return join(folder, 'file', 'a', 'b');
      },
    },
    {
      what: 'in place of a file',
      code: 'ENOTDIR',
      prepare: async () => {
        await writeFile(join(folder, 'file'), '');
        return join(folder, 'file');
      },
    },
    {
      what: 'in place of a link to a missing file',
      code: 'EEXIST',
      prepare: async () => {
        await symlink(join(folder, 'nowhere'), join(folder, 'link'));
        return join(folder, 'link');
      },
    },
    {
      what: 'with a name that is too long',
      code: 'ENAMETOOLONG',
      prepare: async () => join(folder, 'n'.repeat(300)),
    },
    {
      what: 'in a folder where the process may not write',
      code: 'EACCES',
      prepare: async () => {
        await chmod(folder, 0o555);
        return join(folder, 'a', 'b');
      },
    },
  ];
  for (const { what, code, prepare } of refused)
    it(`is refused ${what} with the reason ${code}, and so is a file in it`, async () => {
      const path = await prepare();
      await withoutRights(async () => {
        await assert.rejects(makeFolder(path), { code });
        await assert.rejects(writeAtomically(join(path, 'file'), 'x'), (error: FtteError) => {
          assert.equal(error.code, 'storage');
          assert.ok(
            error.message.startsWith(`cannot write ${path}/file: ${error.details.reason}: `),
            error.message,
          );
          return true;
        });
      });
    });

  for (const path of ['/proc/ftte/a/b', '/proc/self/fd/ftte/a', '/sys/ftte/a/b', '/dev/null/a'])
    it(`is refused below ${path}, where the system allows none, and the attempt ends`, async function () {
      if (process.platform !== 'linux') this.skip();
      await assert.rejects(makeFolder(path), { code: /^(ENOENT|EPERM|EACCES|EROFS|ENOTDIR)$/ });
      await assert.rejects(writeAtomically(join(path, 'file'), 'x'), { code: 'storage' });
    });
});

describe(`a folder on a disk that is read-only or full${needsRoot}`, () => {
  let disk: SmallDisk;
  before(function () {
    if (!canMount) this.skip();
  });
  beforeEach(() => {
    disk = new SmallDisk('64k');
  });
  afterEach(() => disk.remove());

  it('is refused with the reason of the disk, and not with the missing folder', async () => {
    await disk.makeReadOnly();
    await assert.rejects(makeFolder(disk.path('a', 'b')), { code: 'EROFS' });
    await assert.rejects(writeAtomically(disk.path('a', 'b', 'file'), 'x'), (error: FtteError) => {
      assert.equal(error.details.reason, 'EROFS');
      assert.match(error.message, /EROFS: read-only file system/);
      return true;
    });
    disk.makeWritable();
    await writeAtomically(disk.path('a', 'b', 'file'), 'x');
    disk.fill();
    await assert.rejects(
      writeAtomically(disk.path('a', 'b', 'file'), 'x'.repeat(8192)),
      (error: FtteError) => {
        assert.equal(error.details.reason, 'ENOSPC');
        return true;
      },
    );
  });
});
