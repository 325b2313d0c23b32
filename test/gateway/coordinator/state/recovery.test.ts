import { deepEqual, equal, notEqual, ok, rejects, throws } from 'node:assert/strict';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoordinatorRole as Coordinator } from '../../../../gateway/coordinator';
import { FtteError } from '../../../../gateway/platform';
import { modelKey, type Task, type TaskInput } from '../../../../gateway/task';
import { Fleet, kill, settle, tinyTask, until } from '../fleet-harness';

const withBuffer = (bufferSize: number, more: Partial<TaskInput> = {}) =>
  tinyTask({ aggregation: { bufferSize }, ...more });

const parametersOf = (coordinator: Coordinator) => [
  coordinator.export('current').parameters,
  coordinator.export('average').parameters,
];

const isCode = (code: string) => (error: unknown) => error instanceof FtteError && error.code === code;

describe('a coordinator that starts again', () => {
  let fleet: Fleet;
  let folder: string;
  const use = async (task: Task) => {
    await fleet?.close();
    fleet = new Fleet(task);
    folder = await fleet.folder();
  };
  beforeEach(() => use(withBuffer(3)));
  afterEach(() => fleet.close());

  /** The folder of the files of this model. */
  const inside = () => join(folder, modelKey(fleet.task));

  it('has lost nothing that was acknowledged and applies nothing twice, wherever the power failed', async () => {
    const first = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    const { lineage } = first.coordinator.status;
    const updates = [1, 2, 4].map((value) => a.update(lineage, value));
    const start = first.coordinator.export('current').parameters[0]!;
    await a.send(updates[0]!);
    await a.send(updates[1]!);
    await until(() => a.acks.length === 2);
    await kill(first, folder);

    const second = await fleet.coordinator({ folder });
    equal(second.coordinator.status.lineage, lineage);
    equal(second.coordinator.status.buffered, 2);
    equal(second.coordinator.status.accepted, 2);
    // The gateway acts as if the acknowledgements were lost: it sends both again.
    for (const update of updates) await a.send(update);
    await until(() => second.versions.length === 1);
    await settle();
    deepEqual(
      updates.map((update) => a.ackOf(update)?.status),
      ['duplicate', 'duplicate', 'accepted'],
    );
    equal(second.versions[0]?.contributions.length, 3);
    const moved = second.coordinator.export('current').parameters[0]! - start;
    ok(Math.abs(moved - 7 / 3) < 1e-5);
    await kill(second, folder);

    const third = await fleet.coordinator({ folder });
    equal(third.coordinator.status.version, 1);
    equal(third.coordinator.status.buffered, 0);
    equal(third.coordinator.status.accepted, 3);
    equal(third.coordinator.status.gateways[0]?.contributions, 3);
    deepEqual(parametersOf(third.coordinator), parametersOf(second.coordinator));
    await a.send(updates[2]!);
    await until(() => a.acks.length === 6);
    equal(a.ackOf(updates[2]!)?.status, 'duplicate');
    deepEqual(third.problems, []);
  });

  it('makes the version that was due when the power failed between journal and checkpoint', async () => {
    const first = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    const { lineage } = first.coordinator.status;
    for (const value of [1, 2]) await a.send(a.update(lineage, value));
    await until(() => a.acks.length === 2);
    await kill(first, folder);
    // A smaller buffer only changes a setting: the lineage is the same, and the buffer is full.
    const second = await fleet.coordinator({ folder, task: withBuffer(2) });
    await until(() => second.versions.length === 1);
    equal(second.coordinator.status.lineage, lineage);
    deepEqual(
      second.versions.map(({ cause, contributions }) => [cause, contributions.length]),
      [['full', 2]],
    );
  });

  it('waits at most the longest wait for a buffer that it found half full', async () => {
    const first = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    await a.send(a.update(first.coordinator.status.lineage, 1));
    await until(() => a.acks.length === 1);
    await kill(first, folder);
    const second = await fleet.coordinator({ folder });
    fleet.clock.advance(60_000);
    await until(() => second.versions.length === 1);
    equal(second.versions[0]?.cause, 'max-wait');
  });

  it('accepts a journal with an incomplete record and reports it', async () => {
    const first = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    for (const value of [1, 2]) await a.send(a.update(first.coordinator.status.lineage, value));
    await until(() => a.acks.length === 2);
    await kill(first, folder);
    const journal = (await readdir(inside())).find((name) => name.startsWith('journal-'))!;
    await writeFile(join(inside(), journal), Buffer.from([9, 0, 0, 0, 1, 2, 3]), { flag: 'a' });
    const second = await fleet.coordinator({ folder });
    equal(second.coordinator.status.buffered, 2);
    const notice = second.notices.find(({ code }) => code === 'model-recovered');
    ok(notice?.text.includes('7 bytes of an interrupted write'));
  });

  it('uses the checkpoint before if the newest is damaged, with the contributions of the lost version', async () => {
    // The learning rate is given, because the automatic one is shorter after the count of versions has changed.
    await use(tinyTask({ aggregation: { bufferSize: 1, server: { kind: 'sgd', learningRate: 1 } } }));
    const first = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    const { lineage } = first.coordinator.status;
    for (let version = 0; version < 3; version++) {
      await a.send(a.update(lineage, 0.5, { baseVersion: version }));
      await until(() => first.versions.length === version + 1);
    }
    await kill(first, folder);
    const newest = (await readdir(inside()))
      .filter((name) => name.endsWith('.ckpt'))
      .sort()
      .at(-1)!;
    await writeFile(join(inside(), newest), 'scratched');

    const second = await fleet.coordinator({ folder });
    const notice = second.notices.find(({ code }) => code === 'model-recovered');
    ok(notice?.text.includes(`kept as ${newest}.damaged-1`));
    equal(await readFile(join(inside(), `${newest}.damaged-1`), 'utf8'), 'scratched');
    equal(second.coordinator.status.lineage, lineage);
    // Version 2 continues as version 4, since gateways may hold a version 3. The contributions of version 3 are applied
    // again.
    await until(() => second.versions.length === 1);
    equal(second.coordinator.status.version, 5);
    deepEqual(parametersOf(second.coordinator)[0], parametersOf(first.coordinator)[0]);
    equal(second.coordinator.status.accepted, 3);
  });

  describe('and finds all checkpoints damaged', () => {
    /** Damages all checkpoints of a coordinator that has stopped. */
    async function damage(): Promise<void> {
      const names = (await readdir(inside())).filter((name) => name.endsWith('.ckpt'));
      for (const name of names) await writeFile(join(inside(), name), 'scratched');
    }
    const contentOf = async (path: string) =>
      Object.fromEntries(
        await Promise.all(
          (await readdir(path)).map(async (name) => [name, await readFile(join(path, name))]),
        ),
      );

    it('changes nothing, names the files and the ways out, and starts no lineage by itself', async () => {
      const first = await fleet.coordinator({ folder });
      await first.coordinator.stop();
      await damage();
      const before = await contentOf(inside());
      const second = fleet.watchOn(first.session, first.transport, { folder });
      await rejects(second.coordinator.start(), (error) => {
        ok(error instanceof FtteError && error.code === 'checkpoint-damaged');
        for (const text of ['version-000000000.ckpt', inside(), '--reset', '--from', 'action "reset"'])
          ok(error.message.includes(text), error.message);
        return true;
      });
      fleet.clock.advance(3_600_000);
      await settle(40);
      equal(second.coordinator.status.phase, 'refused');
      deepEqual(await contentOf(inside()), before);
      await second.coordinator.stop();
      deepEqual(await contentOf(inside()), before);
    });

    it('starts a new lineage if a person resets it, and sets the files aside under a free number each time', async () => {
      const lineages = new Set<string>();
      const first = await fleet.coordinator({ folder });
      lineages.add(first.coordinator.status.lineage);
      await first.coordinator.stop();
      for (const number of [1, 2]) {
        await damage();
        const before = await contentOf(inside());
        const next = fleet.watchOn(first.session, first.transport, { folder });
        throws(() => next.coordinator.reset(), isCode('not-ready'));
        await rejects(next.coordinator.start(), isCode('checkpoint-damaged'));
        next.coordinator.reset();
        await until(() => next.coordinator.status.lineage !== '');
        await settle();
        fleet.clock.advance(1_500);
        await until(() => next.coordinator.status.phase === 'collecting');
        lineages.add(next.coordinator.status.lineage);
        equal(next.coordinator.status.version, 0);
        const aside = `${inside()}.damaged-${number}`;
        const [notice] = next.notices.filter(({ code }) => code === 'lineage-begun');
        ok(notice?.text.includes(aside));
        deepEqual(await contentOf(aside), before);
        throws(() => next.coordinator.reset(), isCode('not-ready'));
        await next.coordinator.stop();
      }
      equal(lineages.size, 3);
    });

    it('refuses a folder whose checkpoints are gone while its journal holds updates', async () => {
      const first = await fleet.coordinator({ folder });
      const a = await fleet.gateway('a');
      await a.send(a.update(first.coordinator.status.lineage, 1));
      await until(() => a.acks.length === 1);
      await kill(first, folder);
      const names = (await readdir(inside())).filter((name) => name.endsWith('.ckpt'));
      for (const name of names) await rm(join(inside(), name));
      await rejects(fleet.watch({ folder }, 'second').coordinator.start(), isCode('checkpoint-damaged'));
    });
  });

  it('continues after the version that the broker knows if an older copy of the folder was restored', async () => {
    await use(withBuffer(1));
    const first = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    const copy = await fleet.folder('copy');
    await cp(folder, copy, { recursive: true });
    for (let i = 0; i < 2; i++) await a.send(a.update(first.coordinator.status.lineage, 1));
    await until(() => first.versions.length === 2);
    await first.coordinator.stop();
    const second = await fleet.start(fleet.watchOn(first.session, first.transport, { folder: copy }));
    await until(() => second.coordinator.status.version === 3);
    const heads = await fleet.listen('late', ['head']);
    ok(heads[0]?.type === 'head' && heads[0].version === 3);
  });

  it('starts a new lineage for another model, refuses updates of the old one, and finds the old model again', async () => {
    const first = await fleet.coordinator({ folder });
    const a = await fleet.gateway('a');
    const { lineage } = first.coordinator.status;
    await a.send(a.update(lineage, 1));
    await until(() => a.acks.length === 1);
    await first.coordinator.stop();

    const reseeded = withBuffer(3, { seed: 99 });
    const second = await fleet.start(
      fleet.watchOn(first.session, first.transport, { folder, task: reseeded }),
    );
    notEqual(second.coordinator.status.lineage, lineage);
    ok(second.notices.some(({ code }) => code === 'lineage-begun'));
    const stale = a.update(lineage, 1);
    await a.send(stale);
    await until(() => a.ackOf(stale) !== undefined);
    equal(a.ackOf(stale)?.reason, 'other-lineage');
    await second.coordinator.stop();

    const third = await fleet.start(fleet.watchOn(first.session, first.transport, { folder }));
    equal(third.coordinator.status.lineage, lineage);
    equal(third.coordinator.status.buffered, 1);
  });
});
