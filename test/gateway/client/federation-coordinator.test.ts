import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FederationCoordinator, ReportedVersion } from '../../../gateway';
import { feed, Roles, task, until } from './roles';

/** A task whose versions need more updates than one round gives. */
const waiting = { ...task, aggregation: { bufferSize: 3 } };

describe('a coordinator without Node-RED', () => {
  const roles = new Roles();

  /** Joins a gateway. The returned function lets it train one round, and resolves to the version of that. */
  async function trainer(hub: FederationCoordinator): Promise<() => Promise<ReportedVersion>> {
    const [versions, edge] = [hub.versions(), await roles.member({ trigger: { newWindows: 0 } })];
    feed(edge, 16, 4);
    return async () => {
      await until(edge, ({ phase, version }) => phase === 'collecting' && version === hub.status.version);
      assert.equal(edge.trainNow(), 'started');
      return (await versions.next()).value;
    };
  }
  /** Trains one round and waits until its update is in the buffer. */
  async function withUpdate(hub: FederationCoordinator): Promise<void> {
    const edge = await roles.member();
    feed(edge, 8, 4);
    await until(hub, ({ accepted }) => accepted === 1);
  }

  describe('add', () => {
    it('keeps a held-out window, and versions are judged by those that there are', async () => {
      const hub = await roles.coordinator();
      const train = await trainer(hub);
      assert.equal((await train()).accuracy, undefined);
      feed(hub, 20, 3);
      assert.equal(hub.status.heldOut, 20);
      const { accuracy = -1 } = await train();
      assert.ok(accuracy >= 0 && accuracy <= 1, `${accuracy}`);
    });

    it('refuses a window of another shape, an unknown label or none, and keeps nothing', async () => {
      const hub = await roles.coordinator();
      const window = new Float32Array(8);
      assert.throws(() => hub.add(window.subarray(1), 'moving'), { code: 'window-shape' });
      assert.throws(() => hub.add(window, 'flying'), { code: 'label-unknown' });
      assert.throws(() => hub.add(window.fill(Number.NaN), 'moving'), { code: 'window-not-finite' });
      assert.throws(() => hub.add(new Float32Array(8)), { code: 'not-labelled' });
      assert.equal(hub.status.heldOut, 0);
    });
  });

  describe('applyNow', () => {
    it('makes a version of a buffer that is not full, and says that it was requested', async () => {
      const hub = await roles.coordinator({ task: waiting });
      const versions = hub.versions();
      await withUpdate(hub);
      assert.equal(hub.status.version, 0);
      await hub.applyNow();
      assert.equal(hub.status.version, 1);
      assert.equal(hub.status.buffered, 0);
      const { value } = await versions.next();
      assert.equal(value?.cause, 'request');
      assert.equal(value?.contributions.length, 1);
    });

    it('makes no version of an empty buffer', async () => {
      const hub = await roles.coordinator();
      await hub.applyNow();
      assert.equal(hub.status.version, 0);
    });
  });

  describe('pause', () => {
    it('lets updates wait, and resume makes the version of them', async () => {
      const hub = await roles.coordinator();
      const versions = hub.versions();
      hub.pause();
      assert.equal(hub.status.phase, 'paused');
      await withUpdate(hub);
      // What would make the version is done when a checkpoint that was asked for later is written.
      await hub.checkpoint();
      assert.deepEqual([hub.status.version, hub.status.buffered], [0, 1]);
      hub.resume();
      assert.equal((await versions.next()).value?.version, 1);
      assert.notEqual(hub.status.phase, 'paused');
    });
  });

  describe('checkpoint', () => {
    it('writes the newest version, although no version is due', async () => {
      const hub = await roles.coordinator({ folder: roles.folder });
      const checkpoints = () =>
        readdirSync(roles.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
          name.endsWith('.ckpt'),
        );
      for (const name of checkpoints()) rmSync(join(roles.folder, name));
      assert.deepEqual(checkpoints(), []);
      await hub.checkpoint();
      assert.equal(checkpoints().length, 1);
    });
  });

  describe('rollback', () => {
    it('makes the model of an earlier version the newest one, under the next number', async () => {
      const hub = await roles.coordinator();
      const train = await trainer(hub);
      await train();
      const first = hub.export('current').parameters;
      await train();
      assert.notDeepEqual(hub.export('current').parameters, first);
      await hub.rollback(1);
      assert.equal(hub.status.version, 3);
      assert.deepEqual(hub.export('current').parameters, first);
    });

    it('returns to the best version if none is named, and refuses while none was judged', async () => {
      const hub = await roles.coordinator();
      await assert.rejects(hub.rollback(), { code: 'not-ready' });
      feed(hub, 20, 3);
      const train = await trainer(hub);
      const models: Float32Array[] = [];
      let best = 0;
      while (models.length < 3) {
        best = (await train()).best?.version ?? 0;
        models.push(hub.export('current').parameters);
      }
      await hub.rollback();
      assert.equal(hub.status.version, 4);
      assert.deepEqual(hub.export('current').parameters, models[best - 1]);
    });

    it('names the versions that are stored if the version is not', async () => {
      const hub = await roles.coordinator();
      await (await trainer(hub))();
      await assert.rejects(hub.rollback(7), /7.*0, 1/);
      assert.equal(hub.status.version, 1);
    });
  });
});
