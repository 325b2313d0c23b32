import assert from 'node:assert/strict';
import { VirtualClock } from '../../../../gateway/platform';
import { refusalOf } from '../../../../gateway/security';
import { MessageMeter, mostAtOnce, perSecond } from '../../../../gateway/session/protection/message-meter';
import { ProtectedFederation, settled } from './harness';

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
