import assert from 'node:assert/strict';
import { FtteError } from '../../../gateway/platform';
import { Identity } from '../../../gateway/security';
import { greet, MemoryMembershipStore, makeCoordinator, makeGateway, meet, topics } from './federation';
import { hexOf, refused, refusedLater, seededEntropy, utf8 } from './support';

const diskFull = () => new FtteError('storage', 'cannot write: ENOSPC', { reason: 'ENOSPC' });

/** A coordinator with one member. */
async function withMember() {
  const coordinator = await makeCoordinator();
  const gateway = makeGateway('gw-1', coordinator);
  const met = await meet(coordinator, gateway, await coordinator.invite());
  return { coordinator, gateway, met };
}

describe('members', () => {
  it('join by an invitation, and are known after a restart without it (P-24)', async () => {
    const { coordinator, gateway, met } = await withMember();
    assert.equal(met.joined, true);
    assert.equal(coordinator.store.saves, 2, 'the invitation, then member and use together');
    const later = await makeCoordinator('coordinator', coordinator.store, 1_001);
    const again = await meet(later, gateway);
    assert.equal(again.joined, false);
    assert.deepEqual(
      { ...again.member, key: hexOf(again.member.key.bytes) },
      {
        id: 'gw-1',
        key: hexOf(gateway.identity.publicKey.bytes),
        sinceMs: 1_700_000_000_000,
        lastSeenMs: 1_700_000_000_000,
        note: 'for a test',
        revokedMs: undefined,
        invitation: later.registry.invitations[0]!.id,
      },
    );
  });

  it('are nobody else: a gateway without an invitation is refused (P-26)', async () => {
    const coordinator = await makeCoordinator();
    const gateway = makeGateway('gw-1', coordinator);
    const error = await refusedLater('not-a-member', meet(coordinator, gateway));
    assert.ok(error.message.includes(gateway.identity.fingerprint));
    assert.equal(coordinator.registry.members.length, 0);
    refused('not-a-member', () => coordinator.registry.requireActive('gw-1'));
    await refusedLater('not-a-member', coordinator.registry.revoke('gw-1'));
  });

  it('join with an invitation once, although its hello comes twice at the same time', async () => {
    const coordinator = await makeCoordinator();
    const gateway = makeGateway('gw-1', coordinator);
    gateway.pairing.takeClaim(topics.claim, coordinator.claim());
    const hello = gateway.hello(await coordinator.invite());
    const [one, other] = await Promise.all([
      greet(coordinator, 'gw-1', hello),
      greet(coordinator, 'gw-1', hello),
    ]);
    assert.deepEqual([one.joined, other.joined], [true, false]);
    assert.equal(one.pair, other.pair);
    assert.equal(coordinator.registry.invitations[0]!.usesLeft, 0);
  });

  it('share no invitation that is for one', async () => {
    const coordinator = await makeCoordinator();
    const invitation = await coordinator.invite();
    const gateways = ['gw-1', 'gw-2'].map((id) => makeGateway(id, coordinator));
    const results = await Promise.allSettled(
      gateways.map((gateway) => meet(coordinator, gateway, invitation)),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    await refusedLater('invitation-used', meet(coordinator, gateways[1]!, invitation));
  });

  it('are no members while the disk does not take them, and the invitation stays unused (P-25)', async () => {
    const coordinator = await makeCoordinator();
    const gateway = makeGateway('gw-1', coordinator);
    const invitation = await coordinator.invite();
    coordinator.store.failure = diskFull();
    await assert.rejects(meet(coordinator, gateway, invitation), { code: 'storage' });
    assert.equal(coordinator.registry.member('gw-1'), undefined);
    assert.equal((await meet(coordinator, gateway, invitation)).joined, true);
  });

  it('keep their id: another key under it is refused, with both fingerprints and what to do (P-26)', async () => {
    const { coordinator, gateway } = await withMember();
    const identity = Identity.create(seededEntropy('mallory'));
    const impostor = makeGateway('gw-1', coordinator, { identity });
    for (const invitation of [undefined, await coordinator.invite()]) {
      const error = await refusedLater('other-key', meet(coordinator, impostor, invitation));
      assert.ok(error.message.includes(identity.fingerprint));
      assert.ok(error.message.includes(gateway.identity.fingerprint));
      assert.match(error.message, /revoke the member and invite it again/);
    }
    assert.equal((await meet(coordinator, gateway)).joined, false);
  });

  it('have one id: their key under another one is refused, also while it joins (P-26)', async () => {
    const { coordinator, gateway } = await withMember();
    const { identity } = gateway;
    const invitation = await coordinator.invite();
    const renamed = makeGateway('gw-2', coordinator, { identity });
    assert.match(
      (await refusedLater('other-key', meet(coordinator, renamed, invitation))).message,
      /name it gw-1/,
    );
    const shared = await coordinator.invite({ uses: 2 });
    const twice = ['a', 'b'].map((id) =>
      makeGateway(id, coordinator, { identity: Identity.create(seededEntropy('twin')) }),
    );
    const results = await Promise.allSettled(twice.map((each) => meet(coordinator, each, shared)));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
  });

  it('that were revoked are refused, also after a restart, until they are readmitted (P-27)', async () => {
    const { coordinator, gateway } = await withMember();
    await coordinator.registry.revoke('gw-1', 'stolen');
    for (const each of [coordinator, await makeCoordinator('coordinator', coordinator.store, 1_001)]) {
      await refusedLater('revoked', meet(each, gateway));
      refused('revoked', () => each.registry.requireActive('gw-1'));
      assert.equal(each.registry.member('gw-1')?.note, 'stolen');
    }
    const last = await makeCoordinator('coordinator', coordinator.store, 1_002);
    await last.registry.readmit('gw-1');
    assert.equal((await meet(last, gateway)).joined, false);
    assert.equal(last.registry.requireActive('gw-1').revokedMs, undefined);
  });

  it('that were revoked do not come back with an invitation from before, and do with a new one (P-27)', async () => {
    const coordinator = await makeCoordinator();
    const gateway = makeGateway('gw-1', coordinator);
    const shared = await coordinator.invite({ uses: 5 });
    await meet(coordinator, gateway, shared);
    await coordinator.registry.revoke('gw-1');
    await refusedLater('revoked', meet(coordinator, gateway, shared));
    coordinator.clock.advance(1);
    const fresh = await coordinator.invite();
    assert.equal((await meet(coordinator, gateway, fresh)).joined, true);
  });

  it('that lost their key join again with another one, after the first was revoked', async () => {
    const { coordinator, gateway } = await withMember();
    await coordinator.registry.revoke('gw-1');
    coordinator.clock.advance(1);
    const identity = Identity.create(seededEntropy('new machine'));
    const replaced = makeGateway('gw-1', coordinator, { identity });
    assert.equal((await meet(coordinator, replaced, await coordinator.invite())).joined, true);
    await refusedLater('other-key', meet(coordinator, gateway));
    assert.equal(coordinator.registry.members.length, 1);
  });

  it('are revoked at once, even if the disk does not take it; readmitted only when it does', async () => {
    const { coordinator } = await withMember();
    coordinator.store.failure = diskFull();
    await assert.rejects(coordinator.registry.revoke('gw-1'), { code: 'storage' });
    refused('revoked', () => coordinator.registry.requireActive('gw-1'));
    coordinator.store.failure = diskFull();
    await assert.rejects(coordinator.registry.readmit('gw-1'), { code: 'storage' });
    refused('revoked', () => coordinator.registry.requireActive('gw-1'));
    await coordinator.registry.flush();
    assert.ok(coordinator.store.members.get('gw-1')?.revokedMs);
  });

  it('have a note for people, and the time of their newest message', async () => {
    const { coordinator, gateway } = await withMember();
    await coordinator.registry.setNote('gw-1', 'bed 7');
    coordinator.clock.advance(60_000);
    await greet(coordinator, 'gw-1', gateway.hello());
    await coordinator.registry.flush();
    const { note, lastSeenMs } = coordinator.store.members.get('gw-1')!;
    assert.deepEqual([note, lastSeenMs], ['bed 7', 1_700_000_060_000]);
    const { saves } = coordinator.store;
    await coordinator.registry.flush();
    assert.equal(coordinator.store.saves, saves, 'nothing has changed');
  });

  it('end an invitation by its id', async () => {
    const coordinator = await makeCoordinator();
    const invitation = await coordinator.invite();
    assert.equal(await coordinator.registry.withdraw(hexOf(invitation.id)), true);
    assert.equal(await coordinator.registry.withdraw('00'), false);
    await refusedLater('invitation-used', meet(coordinator, makeGateway('gw-1', coordinator), invitation));
  });
});

describe('two machines with one key (P-29)', () => {
  it('are noticed by hellos: one of them has an earlier start than the other', async () => {
    const { coordinator, gateway } = await withMember();
    const copy = makeGateway('gw-1', coordinator, { identity: gateway.identity, run: 2_500 });
    await meet(coordinator, copy);
    const error = await refusedLater('second-machine', greet(coordinator, 'gw-1', gateway.hello()));
    assert.match(error.message, /two machines use one key.*restored/);
    // A hello that a broker repeats is something else.
    const old = copy.hello();
    await greet(coordinator, 'gw-1', old);
    await greet(coordinator, 'gw-1', copy.hello());
    await refusedLater('hello-old', greet(coordinator, 'gw-1', old));
  });

  it('are noticed by hellos after a restart of the coordinator, too', async () => {
    const { coordinator, gateway } = await withMember();
    await meet(coordinator, makeGateway('gw-1', coordinator, { identity: gateway.identity, run: 2_500 }));
    await coordinator.registry.flush();
    const later = await makeCoordinator('coordinator', coordinator.store, 1_001);
    await refusedLater('second-machine', meet(later, gateway));
  });
});

describe('a federation of this room', () => {
  it('carries an update up and an ack down for each of some gateways, and nothing for another one', async () => {
    const coordinator = await makeCoordinator();
    const invitation = await coordinator.invite({ uses: 3 });
    const gateways = ['gw-1', 'gw-2', 'gw-3'].map((id) => makeGateway(id, coordinator));
    for (const gateway of gateways) await meet(coordinator, gateway, invitation);
    for (const { id, pairing } of gateways) {
      const up = pairing.pair!.sealer.seal(topics.update(id), utf8(id));
      for (const other of gateways) {
        const opener = coordinator.pairing.pairOf(other.id).opener;
        if (other.id === id) assert.deepEqual(opener.open(topics.update(id), up).payload, utf8(id));
        else refused('forged', () => opener.open(topics.update(id), up));
      }
    }
    assert.ok(coordinator.store instanceof MemoryMembershipStore);
  });
});
