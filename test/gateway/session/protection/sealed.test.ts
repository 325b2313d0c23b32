import assert from 'node:assert/strict';
import { SeededRandom } from '../../../../gateway/platform';
import { Identity, signClaim } from '../../../../gateway/security';
import { encodeMessage } from '../../../../gateway/wire';
import { disturbed, hexOf, noise, seededEntropy } from '../../security/support';
import { federation, hub, ProtectedFederation, settled } from './harness';

const hex = '0123456789abcdef';
const claim = { type: 'claim', instance: hex, since: 1, active: true } as const;
const hello = { type: 'hello', budgetBytes: 1, instance: hex, software: 'test', modelKey: '' } as const;
const sync = (version: number) => ({ type: 'sync', lineage: '', version }) as const;
const head = (version: number) => ({ type: 'head', lineage: hex, version, modelKey: hex }) as const;
const topicOf = (rest: string) => `ftte/v1/${federation}/${rest}`;

async function started(...ids: string[]) {
  const all = new ProtectedFederation('sealed');
  const outsider = await all.outsider();
  const coordinator = await all.coordinator();
  await coordinator.note('hello', 'presence', 'sync', 'update');
  await coordinator.session.send(claim);
  const gateways = ids.map((id) => all.gateway(id));
  for (const gateway of gateways) {
    await gateway.note('claim', 'head', 'ack');
    await gateway.session.send(hello);
  }
  await settled();
  return { all, outsider, coordinator, gateways };
}

describe('a sealed federation', () => {
  it('shows the broker the sender and the time of each message, and no content', async () => {
    const { all, coordinator, gateways } = await started('gw-1');
    await coordinator.session.send(head(3));
    await gateways[0]!.session.send(sync(1));
    await settled();
    const secret = all.passed.filter(({ topic }) => /head|sync|welcome/.test(topic));
    assert.ok(secret.length >= 3);
    for (const { payload } of secret)
      for (const word of [hex, 'lineage', 'sync', 'version', 'gw-1'])
        assert.ok(!Buffer.from(payload).includes(word), word);
  });

  it('refuses everything that an outsider with the password can send: nothing of it reaches a role', async () => {
    const { all, outsider, coordinator, gateways } = await started('gw-1', 'gw-2');
    await coordinator.session.send(head(3));
    await gateways[0]!.session.send(sync(1));
    await settled();
    const seen = [coordinator, ...gateways].map((each) => each.seen.length);
    const recorded = [...all.passed];
    const mallory = Identity.create(seededEntropy('mallory'));
    const plain = (sender: string, body: Parameters<typeof encodeMessage>[1]) =>
      encodeMessage({ federation, sender, sequence: 9 }, body);
    // With plain messages in every name.
    await outsider.publish(topicOf('all/claim'), plain('mallory', { ...claim, since: 0 }));
    await outsider.publish(topicOf('all/head'), plain(hub, head(900_000)));
    await outsider.publish(topicOf('gw/gw-1/sync'), plain('gw-1', sync(5)));
    await outsider.publish(topicOf('gw/gw-1/presence'), plain('gw-1', { type: 'presence', online: false }));
    await outsider.publish(
      topicOf('to/gw-1/ack'),
      plain(hub, { type: 'ack', id: hex, status: 'accepted', version: 1 }),
    );
    // With a key of its own.
    const content = plain('mallory', claim);
    const signed = { federation, term: 9, run: 9e9, ephemeral: new Uint8Array(32).fill(9), content };
    await outsider.publish(topicOf('all/claim'), signClaim(mallory, topicOf('all/claim'), signed));
    // With all that it has recorded, on its own topic and on others.
    const topics = [...new Set(recorded.map(({ topic }) => topic))];
    for (const { topic, payload } of recorded) {
      if (!/claim|presence/.test(topic)) await outsider.publish(topic, payload);
      for (const other of topics) if (other !== topic) await outsider.publish(other, payload);
    }
    await settled();
    // The newest retained message of a topic may come again, and the coordinator repairs its own presence.
    for (const [i, { seen: now }] of [coordinator, ...gateways].entries())
      for (const text of now.slice(seen[i]))
        assert.match(text, /^(head 3 of coordinator|presence true of coordinator|hello of gw-\d)$/);
    for (const { drops } of [coordinator, ...gateways]) {
      assert.ok(drops.length > 10);
      assert.ok(
        drops.every(({ reason }) => reason === 'security'),
        'dropped at the door',
      );
    }
    assert.ok(
      gateways[0]!.drops.some(({ detail }) => /neither signed nor encrypted/.test(detail)),
      'a plain message has a sentence of its own',
    );
    assert.ok(gateways[0]!.drops.some(({ detail }) => /somebody else claims/.test(detail)));
    // And the federation works as before.
    await coordinator.session.send(head(4));
    await gateways[1]!.session.send(sync(2));
    await settled();
    assert.ok(gateways.every(({ seen: now }) => now.at(-1) === 'head 4 of coordinator'));
    assert.equal(coordinator.seen.at(-1), 'sync 2 of gw-2');
  });

  it('survives any bytes on any topic, with bounded memory', async () => {
    const { all, outsider, coordinator, gateways } = await started('gw-1');
    await coordinator.session.send(head(3));
    await settled();
    const random = new SeededRandom(8);
    const recorded = [...all.passed];
    const topics = [
      ...new Set(recorded.map(({ topic }) => topic)),
      topicOf('gw/new/hello'),
      topicOf('all/task'),
    ];
    for (let i = 0; i < 3_000; i++) {
      const { payload } = recorded[random.integer(recorded.length)]!;
      const bytes = random.uniform() < 0.2 ? noise(random) : disturbed(payload, random);
      await outsider.publish(topics[random.integer(topics.length)]!, bytes);
    }
    await settled();
    await coordinator.session.send(head(5));
    await gateways[0]!.session.send(sync(2));
    await settled();
    assert.equal(gateways[0]!.seen.at(-1), 'head 5 of coordinator');
    assert.equal(coordinator.seen.at(-1), 'sync 2 of gw-1');
    assert.equal(coordinator.registry.members.length, 1);
  });

  it('lets a gateway without an invitation learn and say nothing', async () => {
    const { all, coordinator } = await started('gw-1');
    await coordinator.session.send(head(3));
    const stranger = all.gateway('stranger', { invited: false });
    await stranger.note('head');
    void stranger.session.send(hello).catch(() => undefined);
    const sent = stranger.session.send(sync(1));
    await settled();
    assert.deepEqual(stranger.seen, []);
    assert.ok(!coordinator.seen.some((text) => text.includes('of stranger')));
    assert.match(coordinator.drops.at(-1)!.detail, /no member.*no invitation/);
    await stranger.session.stop();
    await assert.rejects(sent, { code: 'offline' });
  });

  it('admits a gateway that no role speaks for: one that only predicts', async () => {
    const { all, coordinator } = await started();
    const predicting = all.gateway('screen');
    await predicting.note('head');
    await settled();
    await coordinator.session.send(head(3));
    await settled();
    assert.deepEqual(predicting.seen, ['head 3 of coordinator']);
    assert.ok(!coordinator.seen.includes('hello of screen'));
    assert.equal(coordinator.registry.members.length, 1);
  });

  it('keeps messages back until the welcome, in order, and those of a stopped gateway for ever (P-32)', async () => {
    const all = new ProtectedFederation('sealed');
    await all.registry();
    const gateway = all.gateway('gw-1');
    const sent = [hello, sync(1), sync(2), sync(3)].map((body) => gateway.session.send(body));
    await settled();
    const coordinator = await all.coordinator();
    await coordinator.note('hello', 'sync');
    await coordinator.session.send(claim);
    await Promise.all(sent);
    await settled();
    assert.deepEqual(coordinator.seen, [
      'hello of gw-1',
      'sync 1 of gw-1',
      'sync 2 of gw-1',
      'sync 3 of gw-1',
    ]);
  });

  it('refuses messages instead of keeping more than 1000 back', async () => {
    const all = new ProtectedFederation('sealed');
    await all.registry();
    const gateway = all.gateway('gw-1');
    const sent = Array.from({ length: 1_001 }, (_, i) => gateway.session.send(sync(i)));
    await assert.rejects(sent.at(-1)!, { code: 'offline' });
    await gateway.session.stop();
    const results = await Promise.allSettled(sent);
    assert.ok(results.every(({ status }) => status === 'rejected'));
  });

  it('says hello again, after growing waits, while no welcome comes (P-32)', async () => {
    const all = new ProtectedFederation('sealed');
    await all.outsider();
    // Its claim has come, and nobody reads hellos.
    const coordinator = await all.coordinator();
    await coordinator.session.send(claim);
    const gateway = all.gateway('gw-1');
    await settled();
    const hellos = () => all.passed.filter(({ topic }) => topic === topicOf('gw/gw-1/hello')).length;
    const counts = [hellos()];
    for (const seconds of [4, 2, 8, 2, 21]) {
      all.clock.advance(seconds * 1_000);
      await settled();
      counts.push(hellos());
    }
    assert.deepEqual(counts, [1, 1, 2, 2, 3, 4]);
    assert.equal(coordinator.registry.members.length, 0);
    await gateway.session.stop();
    all.clock.advance(1e9);
    await settled();
    assert.equal(hellos(), 4);
  });

  it('has the claim of a coordinator that has started again repeated if it was lost on its way', async () => {
    const { all, coordinator, gateways } = await started('gw-1');
    await coordinator.session.stop();
    await coordinator.transport.close();
    const [gateway] = gateways as [(typeof gateways)[0]];
    const table = Reflect.get(gateway.transport, 'table');
    const dispatch = table.dispatch.bind(table);
    table.dispatch = (topic: string, payload: Uint8Array, retained: boolean) => {
      if (retained || topic !== topicOf('all/claim')) dispatch(topic, payload, retained);
    };
    const next = await all.coordinator();
    await next.note('hello', 'sync');
    await next.session.send(claim);
    await next.session.send(head(1));
    await settled();
    assert.ok(!gateway.seen.includes('head 1 of coordinator'));
    all.clock.advance(5_000);
    await settled();
    assert.equal(gateway.seen.at(-1), 'head 1 of coordinator');
    await gateway.session.send(sync(1));
    await settled();
    assert.equal(next.seen.at(-1), 'sync 1 of gw-1');
  });

  it('changes the group key when a member is revoked, and the others go on (P-22, P-27)', async () => {
    const { coordinator, gateways } = await started('gw-1', 'gw-2');
    const [stays, leaves] = gateways as [(typeof gateways)[0], (typeof gateways)[0]];
    await coordinator.session.send(head(1));
    await settled();
    const topic = topicOf('gw/gw-2/sync');
    const sealedBefore = await leaves.protection.protect(topic, leaves.session.encode(sync(9)));
    await coordinator.protection.revoke('gw-2', 'stolen');
    await settled();
    await coordinator.session.send(head(2));
    await leaves.transport.publish(topic, sealedBefore, { qos: 1 });
    await stays.session.send(sync(1));
    await settled();
    assert.equal(stays.seen.at(-1), 'head 2 of coordinator');
    assert.equal(leaves.seen.at(-1), 'head 1 of coordinator');
    assert.equal(coordinator.seen.at(-1), 'sync 1 of gw-1');
    assert.match(coordinator.drops.at(-1)!.detail, /revoked/);
    await assert.rejects(
      coordinator.session.send({ type: 'ack', id: hex, status: 'accepted', version: 1 }, 'gw-2'),
      {
        code: 'message-invalid',
      },
    );
  });

  it('signs presence: nobody but the gateway can send it, and no other message takes its place (P-31)', async () => {
    const { all, outsider, coordinator } = await started('gw-1', 'gw-2');
    const presences = all.passed.filter(({ topic }) => topic === topicOf('gw/gw-1/presence'));
    assert.equal(presences.length, 1);
    coordinator.seen.length = 0;
    await outsider.publish(topicOf('gw/gw-2/presence'), presences[0]!.payload);
    await settled();
    assert.deepEqual(coordinator.seen, []);
    assert.equal(coordinator.drops.at(-1)!.sender, 'gw-2');
    assert.ok(hexOf(presences[0]!.payload).startsWith('d2'));
  });

  it('keeps the presence of gateways that are no members yet, in bounded memory, and reports the others', async () => {
    const { all, outsider, coordinator } = await started();
    for (let i = 0; i < 300; i++)
      await outsider.publish(topicOf(`gw/x-${i}/presence`), Uint8Array.of(0xd2, i));
    await settled();
    assert.equal(coordinator.drops.length, 300 - 256);
    await outsider.publish(topicOf('gw/y/presence'), new Uint8Array(5_000));
    await settled();
    assert.equal(coordinator.drops.length, 300 - 256 + 1);
    const gateway = all.gateway('gw-1');
    await gateway.session.send(hello);
    await settled();
    assert.deepEqual(coordinator.seen.slice(-2), ['presence true of gw-1', 'hello of gw-1']);
  });

  it('has a sentence for a coordinator with another key, with both fingerprints and what to do', async () => {
    const { all, gateways } = await started('gw-1');
    const other = await all.coordinator(Identity.create(seededEntropy('new machine')));
    await other.session.send(claim);
    await settled();
    assert.match(gateways[0]!.drops.at(-1)!.detail, /key is .*, expected .*move its key/);
  });
});
