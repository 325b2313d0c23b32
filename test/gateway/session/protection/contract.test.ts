import assert from 'node:assert/strict';
import { SeededRandom } from '../../../../gateway/platform';
import { encodeMessage, type Snapshot } from '../../../../gateway/wire';
import { federation, ProtectedFederation, settled } from './harness';

const hex = '0123456789abcdef';
const claim = { type: 'claim', instance: hex, since: 1, active: true } as const;
const hello = { type: 'hello', budgetBytes: 1, instance: hex, software: 'test', modelKey: '' } as const;
const sync = (version: number) => ({ type: 'sync', lineage: '', version }) as const;
const head = (version: number) => ({ type: 'head', lineage: hex, version, modelKey: hex }) as const;
const patch = (version: number) =>
  ({
    type: 'patch',
    lineage: hex,
    version,
    segments: [{ offset: 0, length: 1 }],
    delta: { encoding: 'float32', values: Float32Array.of(version) },
  }) as const;
const ack = (version: number) => ({ type: 'ack', id: hex, status: 'accepted', version }) as const;

for (const kind of ['plain', 'sealed'] as const) {
  describe(`a session with the protection ${kind}`, () => {
    let all: ProtectedFederation;
    beforeEach(() => {
      all = new ProtectedFederation(kind);
    });

    /** A coordinator that has claimed, and gateways that have said hello. */
    async function started(...ids: string[]) {
      const coordinator = await all.coordinator();
      await coordinator.note('hello', 'presence', 'sync', 'update');
      await coordinator.session.send(claim);
      const gateways = ids.map((id) => all.gateway(id));
      for (const gateway of gateways) {
        await gateway.note('claim', 'head', 'patch', 'ack', 'snapshot');
        await gateway.session.send(hello);
      }
      await settled();
      return { coordinator, gateways };
    }

    it('carries a message of each branch to its receivers, and to nobody else', async () => {
      const { coordinator, gateways } = await started('gw-1', 'gw-2');
      const [one, two] = gateways;
      await one!.session.send(sync(-1));
      await coordinator.session.send(head(3));
      await coordinator.session.send(patch(4));
      await coordinator.session.send(ack(3), 'gw-2');
      await settled();
      assert.ok(coordinator.seen.includes('hello of gw-1') && coordinator.seen.includes('sync -1 of gw-1'));
      const broadcasts = ['claim of coordinator', 'head 3 of coordinator', 'patch 4 of coordinator'];
      assert.deepEqual(one!.seen, broadcasts);
      assert.deepEqual(two!.seen, [...broadcasts, 'ack 3 of coordinator']);
      assert.deepEqual([...coordinator.drops, ...one!.drops, ...two!.drops], []);
    });

    it(`takes ${kind === 'plain' ? 'and gives' : 'and gives no'} bytes by another way than the broker`, async () => {
      const { coordinator } = await started('gw-1');
      coordinator.seen.length = 0;
      const envelope = { federation, sender: 'gw-1' };
      const bytes = encodeMessage(envelope, sync(5));
      if (kind === 'plain') coordinator.session.receive(bytes);
      else
        assert.throws(() => coordinator.session.receive(bytes), {
          code: 'message-invalid',
          message: /neither signed nor sealed/,
        });
      await settled();
      assert.deepEqual(coordinator.seen, kind === 'plain' ? ['sync 5 of gw-1'] : []);
      assert.equal(coordinator.session.exported(bytes), kind === 'plain' ? bytes : undefined);
    });

    it('says presence at each connection, through the will when it dies, and at an orderly stop', async () => {
      const { coordinator, gateways } = await started('gw-1');
      const [{ transport, session }] = gateways as [(typeof gateways)[0]];
      coordinator.seen.length = 0;
      transport.drop();
      await settled();
      await session.stop();
      await transport.close();
      await settled();
      const said = coordinator.seen.filter((text) => text.startsWith('presence'));
      assert.deepEqual(said, ['presence false of gw-1', 'presence true of gw-1', 'presence false of gw-1']);
    });

    it('gives what is retained to a gateway that comes later, and to a second listener', async () => {
      const { coordinator } = await started('gw-1');
      await coordinator.session.send(head(7));
      const late = all.gateway('gw-2');
      await late.note('head');
      await late.session.send(hello);
      await settled();
      assert.deepEqual(late.seen, ['head 7 of coordinator']);
      await late.note('head');
      await settled();
      assert.ok(late.seen.length > 1 && late.seen.every((text) => text === 'head 7 of coordinator'));
    });

    it('sends a large message in parts, up and down and to all', async () => {
      all = new ProtectedFederation(kind, { maxPayloadBytes: 1_500 });
      const { coordinator, gateways } = await started('gw-1');
      const random = new SeededRandom(1);
      const values = Float32Array.from({ length: 2_000 }, () => random.uniform());
      const tensor = { encoding: 'float32', values } as const;
      const snapshot = {
        type: 'snapshot',
        lineage: hex,
        version: 5,
        modelKey: hex,
        parameters: values,
        average: values,
      };
      const large = { ...patch(9), segments: [{ offset: 0, length: 2_000 }], delta: tensor } as const;
      const update = {
        type: 'update',
        id: hex,
        lineage: hex,
        baseVersion: 1,
        plan: { microBatch: 1, entries: [{ tensor: 0 }] },
        delta: tensor,
        samples: 1,
        steps: 1,
        variance: 0,
        lossBefore: 1,
        lossAfter: 1,
        durationMs: 1,
        peakBytes: 1,
      } as const;
      await coordinator.session.send(snapshot as never as Snapshot, 'gw-1');
      await coordinator.session.send(large);
      await gateways[0]!.session.send(update);
      await settled();
      assert.ok(gateways[0]!.seen.includes('snapshot 5 of coordinator'), gateways[0]!.seen.join());
      assert.ok(gateways[0]!.seen.includes('patch 9 of coordinator'));
      assert.ok(coordinator.seen.includes('update of gw-1'));
      // A task is compressed, so it is large only if it is all different.
      const noise = Array.from({ length: 2_000 }, (_, i) =>
        String.fromCharCode(33 + (((i * i * 7919) >> 3) % 90)),
      ).join('');
      await assert.rejects(
        coordinator.session
          .send({ ...claim, instance: 'x'.repeat(128) })
          .then(() => coordinator.session.send({ type: 'task', task: { note: noise } } as never)),
        { code: 'broker' },
      );
    });

    it('goes on after a restart of the coordinator', async () => {
      const first = await started('gw-1', 'gw-2');
      await first.coordinator.session.send(head(1));
      await first.coordinator.session.stop();
      await first.coordinator.transport.close();
      const second = await all.coordinator();
      await second.note('hello', 'sync');
      await second.session.send(claim);
      await second.session.send(head(2));
      await settled();
      for (const { session, seen } of first.gateways) {
        await session.send(sync(4));
        await settled();
        assert.equal(seen.at(-1), 'head 2 of coordinator', seen.join());
      }
      const syncs = second.seen.filter((text) => text.startsWith('sync'));
      assert.deepEqual(syncs, ['sync 4 of gw-1', 'sync 4 of gw-2']);
      await second.session.send(ack(8), 'gw-1');
      await settled();
      assert.equal(first.gateways[0]!.seen.at(-1), 'ack 8 of coordinator');
    });

    it('goes on after a restart of a gateway', async () => {
      const { coordinator, gateways } = await started('gw-1');
      await coordinator.session.send(head(1));
      await gateways[0]!.session.stop();
      await gateways[0]!.transport.close();
      const again = all.gateway('gw-1', { invited: false });
      await again.note('head', 'ack');
      await again.session.send(hello);
      await again.session.send(sync(1));
      await coordinator.session.send(ack(1), 'gw-1');
      await settled();
      assert.ok(coordinator.seen.includes('sync 1 of gw-1'));
      assert.deepEqual(again.seen, ['head 1 of coordinator', 'ack 1 of coordinator']);
    });

    it('goes on after an outage of the broker', async () => {
      const { coordinator, gateways } = await started('gw-1');
      all.broker.stop();
      await settled();
      const waiting = gateways[0]!.session.send(sync(6));
      all.broker.start();
      await waiting;
      await coordinator.session.send(head(6));
      await settled();
      assert.ok(coordinator.seen.includes('sync 6 of gw-1'));
      assert.equal(gateways[0]!.seen.at(-1), 'head 6 of coordinator');
    });

    it('reports that a retained message of its own was cleared or overwritten', async () => {
      const { coordinator } = await started('gw-1');
      const replaced: string[] = [];
      coordinator.session.onReplaced(({ type, wiped }) => void replaced.push(`${type} ${wiped}`));
      await coordinator.session.subscribe('head', () => undefined);
      await coordinator.session.send(head(1));
      await coordinator.session.send(head(2));
      await settled();
      assert.deepEqual(replaced, []);
      const outsider = await all.outsider();
      const topic = `ftte/v1/${federation}/all/head`;
      await outsider.publish(topic, new Uint8Array(0), { retain: true });
      await outsider.publish(topic, Uint8Array.of(1, 2, 3), { retain: true });
      await settled();
      assert.deepEqual(replaced, ['head true', 'head false']);
    });
  });
}
