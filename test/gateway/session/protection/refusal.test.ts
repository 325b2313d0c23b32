import assert from 'node:assert/strict';
import { Identity, makeInvitation, readRefusal, signRefusal } from '../../../../gateway/security';
import { envelopeTopic } from '../../../../gateway/session/topics/topics';
import { seededEntropy } from '../../security/support';
import { federation, hub, ProtectedFederation, settled } from './harness';

/** Starts the roles of both sides: the coordinator claims and reads hellos, the gateway says hello. */
async function claims(coordinator: Awaited<ReturnType<ProtectedFederation['coordinator']>>) {
  await coordinator.note('hello', 'update');
  await coordinator.session.send({ type: 'claim', instance: 'a', since: 1, active: true });
  await settled();
}

describe('a gateway that is not let in (P-33)', () => {
  let sealed: ProtectedFederation;
  let coordinator: Awaited<ReturnType<ProtectedFederation['coordinator']>>;
  beforeEach(async () => {
    sealed = new ProtectedFederation('sealed');
    coordinator = await sealed.coordinator();
    await claims(coordinator);
  });

  const invitationOf = async (
    uses: number,
    { expiresMs = sealed.clock.now() + 60_000, known = true, seed = 'other' } = {},
  ) => {
    const invitation = makeInvitation(
      {
        federation,
        broker: 'mqtt://broker',
        coordinator: sealed.identityOf(hub).publicKey,
        expiresMs,
        uses,
      },
      seededEntropy(seed),
    );
    if (known) await coordinator.registry.invite(invitation);
    return invitation;
  };

  const cases: readonly [string, string, () => Promise<{ standings: string[] }>][] = [
    ['it has no invitation', 'not-a-member', async () => sealed.gateway('gw-1', { invited: false })],
    [
      'its invitation is unknown',
      'invitation-unknown',
      async () => sealed.gateway('gw-1', { invitation: await invitationOf(1, { known: false }) }),
    ],
    [
      'its invitation has expired',
      'invitation-expired',
      async () => {
        const invitation = await invitationOf(1);
        sealed.clock.advance(61_000);
        return sealed.gateway('gw-1', { invitation });
      },
    ],
    [
      'its invitation was used',
      'invitation-used',
      async () => {
        const invitation = await invitationOf(1);
        sealed.gateway('gw-0', { invitation });
        await settled();
        return sealed.gateway('gw-1', { invitation });
      },
    ],
    [
      'its invitation has another secret',
      'invitation-proof',
      async () => {
        const made = await invitationOf(1);
        return sealed.gateway('gw-1', { invitation: { ...made, secret: new Uint8Array(16) } });
      },
    ],
    [
      'its id belongs to another key',
      'other-key',
      async () => {
        sealed.gateway('gw-1');
        await settled();
        return sealed.gateway('gw-1', { identity: Identity.create(seededEntropy('thief')) });
      },
    ],
  ];
  for (const [why, reason, join] of cases) {
    it(`learns the reason if ${why}, and so does the coordinator`, async () => {
      const gateway = await join();
      await settled();
      assert.deepEqual(gateway.standings, [reason]);
      assert.deepEqual(
        coordinator.refused.map((refused) => [refused.gateway, refused.reason]),
        [['gw-1', reason]],
      );
    });
  }

  it('does not join under the id of the coordinator, although its invitation is good', async () => {
    const gateway = sealed.gateway(hub, { identity: Identity.create(seededEntropy('thief')) });
    await settled();
    assert.deepEqual(gateway.standings, ['other-key']);
    assert.deepEqual(
      coordinator.refused.map((refused) => [refused.gateway, refused.reason]),
      [[hub, 'other-key']],
    );
    assert.deepEqual(coordinator.registry.members, []);
  });

  it('learns at once that it was revoked, sends nothing that nobody would read, and is a member again when it is readmitted', async () => {
    const gateway = sealed.gateway('gw-1');
    await settled();
    assert.deepEqual(gateway.standings, ['member']);
    await coordinator.protection.revoke('gw-1');
    await settled();
    assert.deepEqual(gateway.standings, ['member', 'revoked']);
    const ready = gateway.session.send({
      type: 'ready',
      lineage: 'ab'.repeat(8),
      ready: true,
      follows: false,
      anchorId: '',
    });
    await settled();
    await coordinator.registry.readmit('gw-1');
    sealed.clock.advance(120_000);
    await settled();
    assert.deepEqual(gateway.standings, ['member', 'revoked', 'member']);
    await ready;
  });

  it('is not held up by a refusal that comes again, or that another key has signed', async () => {
    const outsider = await sealed.outsider();
    const gateway = sealed.gateway('gw-1');
    await settled();
    await coordinator.protection.revoke('gw-1');
    await settled();
    const topic = envelopeTopic(federation, 'gw-1', 'refusal');
    const recorded = sealed.passed.find((passed) => passed.topic === topic);
    assert.ok(recorded);
    await coordinator.registry.readmit('gw-1');
    sealed.clock.advance(120_000);
    await settled();
    assert.equal(gateway.standings.at(-1), 'member');
    const before = gateway.standings.length;
    await outsider.publish(topic, recorded.payload, { qos: 1 });
    const refusal = readRefusal(recorded.payload, topic, sealed.identityOf(hub).publicKey);
    const forged = signRefusal(Identity.create(seededEntropy('mallory')), topic, refusal);
    await outsider.publish(topic, forged, { qos: 1 });
    await settled();
    assert.equal(gateway.standings.length, before);
    assert.deepEqual(
      gateway.drops.slice(-2).map(({ reason }) => reason),
      ['security', 'security'],
    );
  });

  it('is the machine whose key somebody has copied, and learns at once that another one has said hello with it', async () => {
    const first = sealed.gateway('gw-1');
    await settled();
    const second = sealed.gateway('gw-1');
    await settled();
    assert.deepEqual([first.standings, second.standings], [['member', 'second-machine'], ['member']]);
    assert.deepEqual(second.drops, [], 'the refusal of the other one is nothing strange');
    sealed.clock.advance(120_000);
    await settled();
    assert.equal(first.standings.at(-1), 'second-machine');
    assert.deepEqual(
      new Set(coordinator.refused.map(({ gateway, reason }) => `${gateway} ${reason}`)),
      new Set(['gw-1 second-machine']),
    );
    assert.deepEqual(second.standings, ['member']);
  });

  it('is one of many: no more than 20 are answered in 10 s', async () => {
    await sealed.outsider();
    for (let i = 0; i < 50; i++) sealed.gateway(`invented-${i}`, { invited: false });
    await settled();
    const answers = () => sealed.passed.filter(({ topic }) => topic.endsWith('/refusal')).length;
    assert.equal(answers(), 20);
    assert.equal(coordinator.refused.length, 50);
    // The others ask again and are answered then.
    sealed.clock.advance(10_000);
    await settled();
    assert.ok(answers() > 20);
  });
});
