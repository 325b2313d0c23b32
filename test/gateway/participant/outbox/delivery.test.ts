import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FtteError } from '../../../../gateway/platform';
import { notices, problems, Stand, trainOnce } from '../harness';
import { settled, tinySamples, until } from '../tools';

describe('delivery of updates', () => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.build();
  });
  afterEach(() => stand.remove());

  it('keeps an update on disk until it is acknowledged', async () => {
    stand.boss.verdict = undefined;
    const { participant } = await stand.ready();
    await trainOnce(participant);
    await until(() => stand.boss.updates.length === 1, 'an update');
    assert.equal((await stand.outboxFiles()).length, 1);
    assert.equal(participant.status.outbox, 1);
    stand.boss.acknowledge(stand.boss.updates[0]!, { status: 'accepted' });
    await stand.outboxEmpties(participant);
  });

  it('sends an update again after a restart of the process before the acknowledgement', async () => {
    stand.boss.verdict = undefined;
    const before = await stand.ready();
    await trainOnce(before.participant);
    await until(() => stand.boss.updates.length === 1, 'an update');
    await before.leave();
    stand.boss.verdict = () => ({ status: 'duplicate' });
    const after = stand.make();
    await after.join();
    await stand.outboxEmpties(after.participant);
    assert.equal(stand.boss.updates.length, 2);
    assert.equal(stand.boss.updates[1]!.id, stand.boss.updates[0]!.id);
    assert.deepEqual(stand.boss.updates[1]!.delta, stand.boss.updates[0]!.delta);
  });

  it('sends nothing again after the acknowledgement, whatever happens', async () => {
    const { participant, transport } = await stand.ready();
    await stand.boss.claim('one');
    await trainOnce(participant);
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    transport.drop();
    await stand.boss.claim('two');
    stand.clock.advance(3_600_000);
    await settled();
    await participant.stop();
    const again = stand.make();
    await again.join();
    await settled();
    assert.equal(stand.boss.updates.length, 1);
  });

  it('collects updates while offline and sends them in order on reconnect, each once', async () => {
    const { participant, transport } = await stand.ready();
    transport.drop({ stay: true });
    for (let round = 1; round <= 3; round++) {
      await trainOnce(participant);
      await until(() => participant.status.phase === 'collecting', 'the end of the round');
    }
    assert.equal(participant.status.outbox, 3);
    assert.equal(participant.status.online, false);
    const kept = (await stand.outboxFiles()).sort();
    transport.reconnect();
    await until(() => participant.status.outbox === 0, 'all acknowledged');
    assert.equal(stand.boss.updates.length, 3);
    for (const [i, { id }] of stand.boss.updates.entries()) assert.ok(kept[i]!.includes(id));
  });

  it('sends again after a while when nobody acknowledges, and when another coordinator comes', async () => {
    stand.boss.verdict = undefined;
    await stand.boss.claim('one');
    const { participant } = await stand.ready();
    await trainOnce(participant);
    await until(() => stand.boss.updates.length === 1, 'an update');
    stand.clock.advance(20_000);
    await settled();
    assert.equal(stand.boss.updates.length, 1);
    stand.clock.advance(30_000);
    await until(() => stand.boss.updates.length === 2, 'the update again');
    stand.boss.verdict = () => ({ status: 'accepted' });
    await stand.boss.claim('two');
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(stand.boss.updates.length, 3);
    assert.equal(new Set(stand.boss.updates.map(({ id }) => id)).size, 1);
  });

  it('sends again when the coordinator is back at the broker, which took what nobody heard', async () => {
    stand.boss.verdict = undefined;
    await stand.boss.claim('one');
    const { participant } = await stand.ready();
    await trainOnce(participant);
    await until(() => stand.boss.updates.length === 1, 'an update');
    stand.boss.verdict = () => ({ status: 'accepted' });
    await stand.boss.claim('one');
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(stand.boss.updates.length, 2);
  });

  it('has no more under way than the coordinator knows again, and brings the rest as they are answered', async () => {
    stand.boss.verdict = undefined;
    const { participant, transport } = await stand.ready();
    transport.drop({ stay: true });
    for (let round = 1; round <= 40; round++) {
      await trainOnce(participant);
      await until(() => participant.status.phase === 'collecting', 'the end of the round');
    }
    transport.reconnect();
    await until(() => stand.boss.updates.length === 32, 'as many as may be under way');
    await settled();
    assert.equal(stand.boss.updates.length, 32);
    stand.boss.verdict = () => ({ status: 'accepted' });
    for (const update of [...stand.boss.updates]) stand.boss.acknowledge(update, { status: 'accepted' });
    await until(() => participant.status.outbox === 0, 'all acknowledged');
    assert.equal(stand.boss.updates.length, 40);
    assert.equal(new Set(stand.boss.updates.map(({ id }) => id)).size, 40);
  });

  it('introduces itself and sends again where the coordinator does not know it', async () => {
    let unknown = 2;
    stand.boss.verdict = () =>
      unknown-- > 0 ? { status: 'rejected', reason: 'unknown-sender' } : { status: 'accepted' };
    const { participant } = await stand.ready();
    const heard = notices(participant);
    const hellos = stand.boss.hellos.length;
    await trainOnce(participant);
    await until(() => stand.boss.hellos.length === hellos + 1, 'a hello');
    stand.clock.advance(1500);
    await until(() => stand.boss.hellos.length === hellos + 2, 'another hello');
    stand.clock.advance(3000);
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(stand.boss.updates.length, 3);
    assert.equal(stand.boss.hellos.length, hellos + 2);
    assert.deepEqual(heard, []);
  });

  it('asks for the model anew where the coordinator does not know the version that is held', async () => {
    stand.boss.verdict = () => ({ status: 'rejected', reason: 'future-version' });
    const { participant } = await stand.ready();
    const before = stand.boss.syncs.length;
    const heard = notices(participant);
    await trainOnce(participant);
    await until(() => heard.length > 0, 'a refused update');
    stand.clock.advance(1_000);
    await until(() => stand.boss.syncs.length === before + 1, 'a request for the model');
    assert.equal(stand.boss.syncs.at(-1)?.version, -1);
  });

  it('gives up an update that is refused, and says why', async () => {
    stand.boss.verdict = () => ({
      status: 'rejected',
      reason: 'norm-exceeded',
      detail: 'norm 12, at most 10',
    });
    const { participant } = await stand.ready();
    const heard = notices(participant);
    await trainOnce(participant);
    await until(() => heard.length > 0, 'a notice');
    assert.equal(participant.status.outbox, 0);
    assert.equal(heard[0]?.kind, 'update-rejected');
    assert.equal(heard[0]?.reason, 'norm-exceeded');
    assert.match(heard[0]!.text, /norm 12, at most 10/);
    stand.clock.advance(3_600_000);
    await settled();
    assert.equal(stand.boss.updates.length, 1);
  });

  it('goes on training where the disk does not take updates, and says so', async () => {
    await writeFile(join(stand.folder, 'outbox'), 'a file where a folder should be');
    const made = stand.make();
    const { participant } = made;
    const heard = problems(participant);
    await made.join();
    for (const sample of tinySamples(8)) participant.add(sample);
    await trainOnce(participant);
    await until(
      () => stand.boss.updates.length === 1 && participant.status.outbox === 0,
      'an acknowledged update',
    );
    assert.ok(heard.length > 0 && heard.every((error) => (error as FtteError).code === 'storage'));
  });

  it('tells when a full outbox gives up its oldest update', async () => {
    stand.boss.verdict = undefined;
    const { participant } = await stand.ready({ outboxLimits: { maxCount: 1 } });
    const heard = notices(participant);
    await trainOnce(participant);
    await until(() => participant.status.phase === 'collecting', 'the end of the round');
    await trainOnce(participant);
    assert.deepEqual(
      heard.map(({ kind }) => kind),
      ['update-expired'],
    );
    assert.equal(participant.status.outbox, 1);
  });
});
