import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { noiseKeyFile } from '../../../../gateway/coordinator/privacy';
import { Fleet, type Gateway, kill, settle, tinyTask, until, type Watched } from '../fleet-harness';

/** Two gateways, of which each may be used twice. */
const task = tinyTask({
  privacy: { level: 'gateway', epsilon: 8, contributions: 2 },
  aggregation: { bufferSize: 2 },
});

describe('a coordinator with privacy of gateways', () => {
  let fleet: Fleet;
  beforeEach(() => {
    fleet = new Fleet(task);
  });
  afterEach(() => fleet.close());

  it('grants rounds, takes one update of a gateway for a version, and no more than its budget, over a restart, too', async () => {
    const folder = await fleet.folder();
    let hub = await fleet.coordinator({ folder });
    const grants = await fleet.listen('watch', ['grant']);
    const a = await fleet.gateway('a');
    const b = await fleet.gateway('b');
    const ask = async (gateway: Gateway) => {
      const { lineage } = hub.coordinator.status;
      await gateway.session.send({ type: 'ready', lineage, ready: true, follows: true, anchorId: '' });
      await settle();
      fleet.clock.advance(1);
      await settle();
    };
    const granted = async (gateway: Gateway) => {
      const { running } = hub.coordinator.status.granted!;
      await ask(gateway);
      return hub.coordinator.status.granted!.running > running;
    };
    const deliver = async (gateway: Gateway) => {
      const { lineage, version } = hub.coordinator.status;
      const update = gateway.update(lineage, 1, { baseVersion: version });
      await gateway.send(update);
      await until(() => gateway.ackOf(update) !== undefined);
      await settle();
      return gateway.ackOf(update);
    };
    for (let version = 1; version <= 2; version++) {
      for (const gateway of [a, b]) {
        assert.equal(await granted(gateway), true);
        assert.equal((await deliver(gateway))?.status, 'accepted');
        if (gateway === a) {
          assert.equal(await granted(a), false, 'its update waits');
          assert.match((await deliver(a))?.detail ?? '', /waits for the next version already/);
        }
      }
      await until(() => hub.coordinator.status.version === version);
      if (version === 1) {
        await kill(hub, folder);
        hub = await fleet.coordinator({ folder });
        for (const gateway of [a, b]) await gateway.hello();
      }
    }
    assert.equal(grants.length, 0, 'each is sent to its gateway alone');
    assert.equal(await granted(a), false);
    const refused = await deliver(a);
    assert.equal(refused?.reason, 'privacy-limit');
    assert.match(refused.detail ?? '', /its privacy budget is spent: .* epsilon 8 .* after 2 updates/);
    const { privacy, gateways } = hub.coordinator.status;
    assert.equal(privacy?.spentGateways, 2);
    assert.ok(privacy.spentEpsilon! > 7.98 && privacy.spentEpsilon! <= 8, `${privacy.spentEpsilon}`);
    assert.deepEqual(
      gateways.filter(({ id }) => id === 'a' || id === 'b').map((row) => row.privacy?.isSpent),
      [true, true],
    );
    const said = hub.notices.filter(({ code }) => code === 'privacy-spent').map(({ text }) => text);
    assert.match(said.join(), /the privacy budget of [ab] is spent: epsilon 7\.99\d* after 2 updates/);
  });

  it('says at the first version that its noise would destroy the model of a few gateways', async () => {
    const hub = await fleet.coordinator();
    for (const id of ['a', 'b']) {
      const gateway = await fleet.gateway(id);
      await gateway.send(gateway.update(hub.coordinator.status.lineage, 1));
    }
    await until(() => hub.coordinator.status.version === 1);
    const [warning] = hub.notices.filter(({ code }) => code === 'privacy-noise');
    assert.match(warning?.text ?? '', /^the noise for 2 gateways is at least .*: it would destroy the model/);
  });

  it('grants nothing and makes no version while its ledger cannot be trusted', async () => {
    const folder = await fleet.folder();
    const first = await fleet.coordinator({ folder });
    for (const id of ['a', 'b']) {
      const gateway = await fleet.gateway(id);
      await gateway.send(gateway.update(first.coordinator.status.lineage, 1));
    }
    await until(() => first.coordinator.status.version === 1);
    await kill(first, folder);
    await rm(join(folder, 'privacy-ledger.bin'));
    const hub = await fleet.coordinator({ folder });
    const c = await fleet.gateway('c');
    const update = c.update(hub.coordinator.status.lineage, 1, { baseVersion: 1 });
    await c.send(update);
    await until(() => c.ackOf(update) !== undefined);
    // What the operator reads names files of the machine, which are nobody else's business.
    assert.equal(
      c.ackOf(update)?.detail,
      'the coordinator cannot trust its ledger of what was spent, and makes no version with differential privacy: whoever runs it knows why',
    );
    const { privacy, gateways } = hub.coordinator.status;
    assert.match(privacy?.problem ?? '', /it has 0 of 1 entries.* Put the newest privacy-ledger\.bin and/);
    assert.deepEqual([privacy?.spentEpsilon, privacy?.spentGateways], [undefined, undefined]);
    assert.ok(gateways.length > 0 && gateways.every((row) => row.privacy === undefined));
    const said = hub.notices.filter(({ code }) => code === 'privacy-ledger');
    assert.deepEqual(
      said.map(({ level, count }) => [level, count]),
      [['error', 1]],
    );
  });

  it('makes no version, now and after the next start, if the broker knows that its folder is an earlier copy', async () => {
    const folder = await fleet.folder();
    let hub = await fleet.coordinator({ folder });
    const { lineage } = hub.coordinator.status;
    await settle();
    const earlier = `${folder}-copy`;
    await cp(folder, earlier, { recursive: true });
    await rm(join(earlier, 'lock'));
    const gateways = [await fleet.gateway('a'), await fleet.gateway('b')];
    const heads = await fleet.listen('watch', ['head']);
    for (const gateway of gateways) await gateway.send(gateway.update(lineage, 1));
    await until(() => heads.some((head) => head.type === 'head' && head.version === 1));
    await kill(hub, folder);
    for (const start of [1, 2]) {
      hub = await fleet.coordinator({ folder: earlier });
      await until(() => hub.coordinator.status.version === 2);
      await settle();
      assert.match(
        hub.coordinator.status.privacy?.problem ?? '',
        start === 1
          ? /^the broker knows version 1, the folder only 0: an earlier copy of the folder was restored/
          : /^privacy-ledger\.bin has 0 versions, and the model was made of 1: it was removed, or an earlier copy/,
      );
      assert.equal(hub.notices.filter(({ code }) => code === 'privacy-ledger').length, 1);
      const gateway = gateways[start - 1]!;
      await gateway.hello();
      const update = gateway.update(lineage, 1, { baseVersion: 2 });
      await gateway.send(update);
      await until(() => gateway.ackOf(update) !== undefined);
      assert.equal(gateway.ackOf(update)?.reason, 'privacy-limit');
      if (start === 1) await kill(hub, earlier);
    }
  });

  describe('that starts where somebody has planted a later head in its name, without invitations', () => {
    const planted = async (between: (folder: string) => Promise<unknown>) => {
      const folder = await fleet.folder();
      const first = await fleet.coordinator({ folder });
      const { lineage } = first.coordinator.status;
      await settle();
      await kill(first, folder);
      const forger = fleet.session('hub').session;
      forger.lead(9);
      const [modelKey, proof] = ['0'.repeat(16), '1'.repeat(16)];
      await forger.send({ type: 'head', lineage, version: 7, modelKey, proof });
      await between(folder);
      const hub = await fleet.coordinator({ folder });
      await until(() => hub.coordinator.status.version === 8);
      return { hub, lineage, folder };
    };

    it('knows that it is not its own, says so, and makes versions, after the next start, too', async () => {
      let { hub, lineage, folder } = await planted(() => Promise.resolve());
      const notice = hub.notices.find(({ code }) => code === 'head-forged');
      assert.match(
        notice?.text ?? '',
        /^somebody with access to the broker has published version 7 in the name of this coordinator, whose newest is 0: it continues .* as version 8\..* invitations prevent this$/,
      );
      const gateways = [await fleet.gateway('a'), await fleet.gateway('b')];
      for (const version of [9, 10]) {
        for (const gateway of gateways) {
          const update = gateway.update(lineage, 1, { baseVersion: version - 1 });
          await gateway.send(update);
          await until(() => gateway.ackOf(update) !== undefined);
          assert.deepEqual(
            [gateway.ackOf(update)?.status, gateway.ackOf(update)?.detail],
            ['accepted', undefined],
          );
        }
        await until(() => hub.coordinator.status.version === version);
        await settle();
        await kill(hub, folder);
        hub = await fleet.coordinator({ folder });
        assert.equal(hub.coordinator.status.privacy?.problem, undefined);
        for (const gateway of gateways) await gateway.hello();
      }
    });

    it('makes none without the key by which it would know, and says that it may be either', async () => {
      const { hub } = await planted((folder) => rm(join(folder, noiseKeyFile)));
      assert.match(
        hub.coordinator.status.privacy?.problem ?? '',
        /an earlier copy of the folder was restored.* Or somebody with access to the broker .* invitations prevent\. Stop/,
      );
    });
  });

  for (const [when, forge] of [
    ['while it works', (_: Pick<Watched, 'transport'>, send: () => Promise<unknown>) => send()],
    [
      'while it is cut off',
      async ({ transport }: Pick<Watched, 'transport'>, send: () => Promise<unknown>) => {
        transport.drop({ stay: true });
        await send();
        transport.reconnect();
      },
    ],
  ] as const)
    it(`goes on with versions if somebody publishes a later head ${when}, in a federation without invitations`, async () => {
      const hub = await fleet.coordinator({ folder: await fleet.folder() });
      const { lineage } = hub.coordinator.status;
      const forger = fleet.session('hub').session;
      forger.lead(9);
      const [modelKey, digest] = ['0'.repeat(16), '0'.repeat(16)];
      await forge(hub, () => forger.send({ type: 'head', lineage, version: 7, modelKey, digest } as never));
      await until(() => hub.coordinator.status.version === 8);
      assert.equal(hub.coordinator.status.privacy?.problem, undefined);
      assert.ok(hub.notices.some(({ code }) => code === 'head-forged'));
      for (const id of ['a', 'b']) {
        const gateway = await fleet.gateway(id);
        await gateway.send(gateway.update(lineage, 1, { baseVersion: 8 }));
        await until(() => gateway.acks.length === 1);
        assert.equal(gateway.acks[0]?.status, 'accepted');
      }
      await until(() => hub.coordinator.status.version === 9);
    });
});
