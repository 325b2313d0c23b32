import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelKey } from '../../../gateway/task';
import { Fleet, settle, tinyTask, until } from '../coordinator/fleet-harness';
import { ftte } from './ftte';

describe('ftte recover', () => {
  let fleet: Fleet;
  let folder: string;
  let temporary: string;
  let model: string;
  let lineage: string;
  const at = (...names: string[]) => join(temporary, ...names);

  /** A folder of a coordinator that has stopped, with a version 1 and two updates in the journal. */
  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'ftte-recover-'));
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2 } }));
    folder = at('hub');
    model = join(folder, modelKey(fleet.task));
    const { coordinator, versions } = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    lineage = coordinator.status.lineage;
    for (let i = 0; i < 3; i++) await a.send(a.update(lineage, 1));
    await until(() => versions.length === 1 && a.acks.length === 3);
    await coordinator.stop();
  });
  afterEach(async () => {
    await fleet.close();
    await rm(temporary, { recursive: true, force: true });
  });

  async function scratch(pattern: RegExp): Promise<void> {
    for (const name of await readdir(model))
      if (pattern.test(name)) await writeFile(join(model, name), 'scratched, and longer than a head');
  }
  /** The version that a coordinator continues from, and its lineage. */
  async function continued() {
    const { coordinator } = await fleet.coordinator({ folder }, 'again');
    const { version, lineage: found } = coordinator.status;
    await coordinator.stop();
    return { version, isSame: found === lineage };
  }

  it('lists the checkpoints and the updates of a model, and changes nothing', async () => {
    const before = await readdir(model);
    for (const path of [folder, model]) {
      const { code, out, err } = await ftte(['recover', path]);
      assert.equal(code, 0, err);
      assert.match(out, /the coordinator continues from version 1/);
      assert.match(out, new RegExp(`version-000000001\\.ckpt {2}version 1 of lineage ${lineage}`));
      assert.match(out, /journal-000000\.log {2}3 updates/);
    }
    assert.deepEqual(await readdir(model), before);
  });

  it('names damaged files, and fails if no checkpoint can be read', async () => {
    await scratch(/version-000000001|\.log/);
    const partly = await ftte(['recover', folder]);
    assert.equal(partly.code, 0);
    assert.match(partly.out, /version-000000001\.ckpt {2}DAMAGED: it does not begin like a checkpoint/);
    assert.match(partly.out, /journal-000000\.log {2}DAMAGED: 1 damaged record\n/);
    await scratch(/ckpt/);
    const wholly = await ftte(['recover', folder]);
    assert.equal(wholly.code, 1);
    assert.match(wholly.out, /no checkpoint can be read/);
  });

  it('sets a model aside that cannot be read, so that a new one starts', async () => {
    await scratch(/ckpt/);
    const { code, out, err } = await ftte(['recover', folder, '--reset']);
    assert.equal(code, 0, err);
    assert.ok(out.includes(`${model}.damaged-1`), out);
    assert.ok((await readdir(`${model}.damaged-1`)).includes('version-000000001.ckpt'));
    assert.deepEqual(await continued(), { version: 0, isSame: false });
  });

  it('restores a backup, and sets the damaged files aside', async () => {
    await cp(folder, at('backup'), { recursive: true });
    await scratch(/ckpt/);
    const { code, out, err } = await ftte(['recover', folder, '--from', at('backup')]);
    assert.equal(code, 0, err);
    assert.match(out, /restored version 1/);
    assert.match(await readFile(join(`${model}.damaged-1`, 'version-000000001.ckpt'), 'utf8'), /scratched/);
    assert.deepEqual(await continued(), { version: 1, isSame: true });
  });

  const refused: readonly { what: string; error: RegExp; args: () => Promise<string[]> }[] = [
    {
      what: 'resets a model that can be read',
      error: /expected damaged checkpoints/,
      args: async () => [folder, '--reset'],
    },
    {
      what: 'restores from a folder without a model',
      error: /nothing holds no model/,
      args: async () => {
        await fleet
          .coordinator({ folder: at('nothing') }, 'other')
          .then(({ coordinator }) => coordinator.stop());
        await rm(join(at('nothing'), modelKey(fleet.task)), { recursive: true });
        return [folder, '--from', at('nothing')];
      },
    },
    {
      what: 'restores from a damaged backup',
      error: /expected a backup of the model .* that can be read/,
      args: async () => {
        await scratch(/ckpt/);
        await cp(folder, at('backup'), { recursive: true });
        return [folder, '--from', at('backup')];
      },
    },
    {
      what: 'reads a folder that does not exist',
      error: /cannot list .*ENOENT/,
      args: async () => [at('gone')],
    },
    {
      what: 'is given both options',
      error: /expected one of them/,
      args: async () => [folder, '--reset', '--from', folder],
    },
  ];
  for (const { what, error, args } of refused)
    it(`fails and leaves the folder as it is if it ${what}`, async () => {
      const list = await args();
      const before = await readdir(folder);
      const { code, err } = await ftte(['recover', ...list]);
      assert.notEqual(code, 0);
      assert.match(err, error);
      assert.deepEqual(await readdir(folder), before);
    });

  it('changes nothing while a coordinator uses the folder, and may once that has refused it', async () => {
    const running = await fleet.coordinator({ folder }, 'again');
    await scratch(/ckpt/);
    const refusal = await ftte(['recover', folder, '--reset']);
    assert.equal(refusal.code, 1);
    assert.match(refusal.err, new RegExp(`in use by process ${process.pid}`));
    running.transport.drop({ stay: true });
    await running.coordinator.stop();
    await scratch(/ckpt/);
    const next = fleet.watch({ folder }, 'next');
    await assert.rejects(next.coordinator.start(), { code: 'checkpoint-damaged' });
    await settle();
    assert.equal((await ftte(['recover', folder, '--reset'])).code, 0);
  });
});
