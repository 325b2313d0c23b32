import assert from 'node:assert/strict';
import { VirtualClock } from '../../../../gateway/platform';
import { Identity, readClaim, refusalOf, signHello, signPresence } from '../../../../gateway/security';
import { MessageMeter, mostAtOnce, perSecond } from '../../../../gateway/session/protection/message-meter';
import { mostInVain } from '../../../../gateway/session/protection/signature-budget';
import { seededEntropy } from '../../security/support';
import { federation, hub, ProtectedFederation, settled } from './harness';

const hex = '0123456789abcdef';

describe('a member that floods (P-35)', () => {
  it('is bounded by a bucket of its own, which fills again', () => {
    const clock = new VirtualClock(5_000);
    const meter = new MessageMeter(() => clock);
    for (let i = 0; i < mostAtOnce; i++) {
      assert.equal(meter.isOver('a'), false);
      meter.count('a');
    }
    assert.equal(meter.isOver('a'), true);
    assert.equal(meter.isOver('b'), false);
    clock.advance(1_000);
    for (let i = 0; i < perSecond; i++) meter.count('a');
    assert.equal(meter.isOver('a'), true);
    clock.advance(3_600_000);
    for (let i = 0; i < mostAtOnce; i++) meter.count('a');
    assert.equal(meter.isOver('a'), true, 'it holds no more than at first');
  });

  it('is said, its messages are dropped and counted, those of others arrive, and a stranger uses up nothing of it', async () => {
    const all = new ProtectedFederation('sealed');
    await all.outsider();
    const coordinator = await all.coordinator();
    await coordinator.note('hello', 'sync');
    await coordinator.session.send({ type: 'claim', instance: hex, since: 1, active: true });
    const [a, b] = ['a', 'b'].map((id) => all.gateway(id));
    for (const gateway of [a!, b!])
      await gateway.session.send({
        type: 'hello',
        budgetBytes: 1,
        instance: hex,
        software: '',
        modelKey: '',
      });
    await settled();
    const root = 'ftte/v1/clinic/gw/a/';
    const topic = `${root}sync`;
    const passed = (place: string) =>
      all.passed.filter((each) => each.topic.endsWith(place)).map(({ payload }) => payload);
    const payloads: Uint8Array[] = [];
    for (let i = 0; i < mostAtOnce; i++)
      payloads.push(await a!.protection.protect(topic, Uint8Array.of(i & 255)));
    const verdictOf = (payload: Uint8Array) => {
      try {
        coordinator.protection.open({ topic, payload, retained: false });
        return 'opened';
      } catch (error) {
        return refusalOf(error);
      }
    };
    // Bytes that are nobody's, and messages that come again, do not count.
    for (let i = 0; i < 500; i++) verdictOf(new Uint8Array(40));
    const welcomes = passed('to/a/welcome').length;
    for (const place of ['hello', 'presence']) {
      const [recorded] = passed(`gw/a/${place}`).slice(-1);
      for (let i = 0; i < 500; i++)
        await coordinator.protection.open({ topic: `${root}${place}`, payload: recorded!, retained: false });
    }
    await settled();
    assert.equal(passed('to/a/welcome').length, welcomes, 'a hello that comes again costs no answer');
    assert.equal(verdictOf(payloads[0]!), 'opened');
    for (let i = 0; i < 500; i++) assert.equal(verdictOf(payloads[0]!), 'repeated');
    const verdicts = payloads.slice(1).map(verdictOf);
    const opened = verdicts.filter((verdict) => verdict === 'opened').length;
    // Beside hello and presence.
    assert.ok(opened >= mostAtOnce - 5, `${opened}`);
    assert.equal(verdicts.at(-1), 'flood');
    const [refused] = coordinator.refused;
    assert.equal(refused?.reason, 'flood');
    assert.match(refused?.text ?? '', /^a sends more than 2000 messages per second, after 8192 at once/);

    const dropped = coordinator.session.dropped.security;
    await a!.session.send({ type: 'sync', lineage: '', version: 1 });
    await b!.session.send({ type: 'sync', lineage: '', version: 2 });
    await settled();
    assert.deepEqual(
      coordinator.seen.filter((text) => text.startsWith('sync')),
      ['sync 2 of b'],
    );
    assert.equal(coordinator.session.dropped.security, dropped + 1);
    all.clock.advance(1_000);
    await a!.session.send({ type: 'sync', lineage: '', version: 3 });
    await settled();
    assert.equal(coordinator.seen.at(-1), 'sync 3 of a');
  });
});

describe('strangers who make a coordinator verify signatures (P-36)', () => {
  it('are looked at up to a bound that fills again, hold up no member that joins, returns, or is connected, and each kind has a bound of its own', async () => {
    const all = new ProtectedFederation('sealed');
    await all.outsider();
    const coordinator = await all.coordinator();
    await coordinator.note('hello', 'sync');
    await coordinator.session.send({ type: 'claim', instance: hex, since: 1, active: true });
    const a = all.gateway('a');
    await settled();
    const mallory = Identity.create(seededEntropy('mallory'));
    const claim = all.passed.find(({ topic }) => topic.endsWith('/claim'));
    assert.ok(claim);
    const claimEphemeral = readClaim(claim.payload, claim.topic, {
      federation,
      coordinator: all.identityOf(hub).publicKey,
    }).ephemeral;
    /** The reason for which a well-formed message of a stranger is refused. */
    const reasonOf = async (topic: string, payload: Uint8Array) => {
      try {
        await coordinator.protection.open({ topic, payload, retained: false });
        return 'opened';
      } catch (error) {
        return refusalOf(error);
      }
    };
    const hello = (gateway: string, identity: Identity, number: number) => {
      const topic = `ftte/v1/${federation}/gw/${gateway}/hello`;
      const ephemeral = new Uint8Array(32).fill(9);
      const content = { federation, gateway, claimEphemeral, ephemeral, run: 1, number, content: ephemeral };
      return { topic, bytes: signHello(identity, topic, content, all.identityOf(hub).publicKey) };
    };
    const stranger = hello('mallory', mallory, 1);
    const reasons: unknown[] = [];
    for (let i = 0; i <= mostInVain.burst; i++) reasons.push(await reasonOf(stranger.topic, stranger.bytes));
    assert.deepEqual(new Set(reasons.slice(0, -1)), new Set(['not-a-member']));
    assert.equal(reasons.at(-1), 'unknown-flood');

    // In the name and with the public key of a member, signed by somebody else.
    const { topic, bytes } = hello('a', all.identityOf('a'), 1);
    const forged = Uint8Array.from(bytes);
    forged[forged.length - 1]! ^= 1;
    assert.equal(await reasonOf(topic, forged), 'forged');
    const presenceTopic = `ftte/v1/${federation}/gw/a/presence`;
    const presence = signPresence(mallory, presenceTopic, {
      run: 1,
      number: 1,
      content: bytes.subarray(0, 9),
    });
    const presences: unknown[] = [];
    for (let i = 0; i <= mostInVain.burst; i++) presences.push(await reasonOf(presenceTopic, presence));
    assert.deepEqual([presences[0], presences.at(-1)], ['forged', 'unknown-flood']);

    await a.session.send({ type: 'sync', lineage: '', version: 1 });
    await settled();
    assert.equal(coordinator.seen.at(-1), 'sync 1 of a', 'a member that is connected');
    const again = all.gateway('a');
    await settled();
    assert.deepEqual(again.standings, ['member'], 'one that has started again');
    // A second later the coordinator looks at more, and a gateway that was not looked at has asked again.
    const b = all.gateway('b');
    await settled();
    assert.deepEqual(b.standings, []);
    all.clock.advance(60_000);
    await settled();
    assert.equal(b.standings.at(-1), 'member');
    assert.equal(await reasonOf(stranger.topic, stranger.bytes), 'not-a-member');
  });

  it('can send no hello that takes long to read', async () => {
    const all = new ProtectedFederation('sealed');
    const coordinator = await all.coordinator();
    const topic = `ftte/v1/${federation}/gw/mallory/hello`;
    await assert.rejects(
      async () =>
        coordinator.protection.open({ topic, payload: new Uint8Array(8 * 1024 + 1), retained: false }),
      /a hello has 8193 bytes, expected at most 8192/,
    );
  });
});
