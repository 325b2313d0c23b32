import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Participant, WaitingUpdate } from '../../../../gateway/participant';
import { FtteError } from '../../../../gateway/platform';
import { decodeMessage, type Message } from '../../../../gateway/wire';
import { notices, ParticipantHarness, problems, trainOnce } from '../harness';
import { type Gateway, settled, tinySamples, tinyTask, until } from '../tools';

describe('delivery of updates', () => {
  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
  });
  afterEach(() => harness.remove());

  it('keeps an update on disk until it is acknowledged', async () => {
    harness.coordinator.verdict = undefined;
    const { participant } = await harness.ready();
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    assert.equal((await harness.outboxFiles()).length, 1);
    assert.equal(participant.status.outbox, 1);
    harness.coordinator.acknowledge(harness.coordinator.updates[0]!, { status: 'accepted' });
    await harness.outboxEmpties(participant);
  });

  it('sends an update again after a restart of the process before the acknowledgement', async () => {
    harness.coordinator.verdict = undefined;
    const before = await harness.ready();
    await trainOnce(before.participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    await before.leave();
    harness.coordinator.verdict = () => ({ status: 'duplicate' });
    const after = harness.make();
    await after.join();
    await harness.outboxEmpties(after.participant);
    assert.equal(harness.coordinator.updates.length, 2);
    assert.equal(harness.coordinator.updates[1]!.id, harness.coordinator.updates[0]!.id);
    assert.deepEqual(harness.coordinator.updates[1]!.delta, harness.coordinator.updates[0]!.delta);
  });

  it('sends nothing again after the acknowledgement, whatever happens', async () => {
    const { participant, transport } = await harness.ready();
    await harness.coordinator.claim('one');
    await trainOnce(participant);
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    transport.drop();
    await harness.coordinator.claim('two');
    harness.clock.advance(3_600_000);
    await settled();
    await participant.stop();
    const again = harness.make();
    await again.join();
    await settled();
    assert.equal(harness.coordinator.updates.length, 1);
  });

  it('collects updates while offline and sends them in order on reconnect, each once', async () => {
    const { participant, transport } = await harness.ready({ mergesRounds: false });
    transport.drop({ stay: true });
    for (let round = 1; round <= 3; round++) {
      await trainOnce(participant);
      await until(() => participant.status.phase === 'collecting', 'the end of the round');
    }
    assert.equal(participant.status.outbox, 3);
    assert.equal(participant.status.online, false);
    const kept = (await harness.outboxFiles()).sort();
    transport.reconnect();
    await until(() => participant.status.outbox === 0, 'all acknowledged');
    assert.equal(harness.coordinator.updates.length, 3);
    for (const [i, { id }] of harness.coordinator.updates.entries()) assert.ok(kept[i]!.includes(id));
  });

  it('sends one update of all rounds of a version that it did while offline', async () => {
    const { participant, transport } = await harness.ready();
    const made: Message<'update'>[] = [];
    participant.on('update', (bytes) => made.push(decodeMessage(bytes) as Message<'update'>));
    const changes: WaitingUpdate[] = [];
    participant.on('waiting', (change) => changes.push(change));
    transport.drop({ stay: true });
    for (let round = 1; round <= 20; round++) {
      await trainOnce(participant);
      await until(() => participant.status.phase === 'collecting', 'the end of the round');
    }
    assert.deepEqual([participant.status.outbox, participant.status.rounds], [1, 20]);
    const [first, ...others] = made.map(({ id }) => id);
    assert.deepEqual(
      changes,
      others.map((id) => ({ kind: 'merged', id, into: first })),
    );
    transport.reconnect();
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(harness.coordinator.updates.length, 1);
    const [sent] = harness.coordinator.updates;
    assert.equal(
      sent!.samples,
      made.reduce((sum, { samples }) => sum + samples, 0),
    );
    for (const [i, value] of sent!.delta.values.entries()) {
      const mean = made.reduce((sum, { delta }) => sum + delta.values[i]!, 0) / made.length;
      assert.ok(Math.abs(value - mean) < 1e-6, `${value}, mean ${mean}`);
    }
  });

  it('sends again after a while when nobody acknowledges, and when another coordinator comes', async () => {
    harness.coordinator.verdict = undefined;
    await harness.coordinator.claim('one');
    const { participant } = await harness.ready();
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    harness.clock.advance(20_000);
    await settled();
    assert.equal(harness.coordinator.updates.length, 1);
    harness.clock.advance(30_000);
    await until(() => harness.coordinator.updates.length === 2, 'the update again');
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    await harness.coordinator.claim('two');
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(harness.coordinator.updates.length, 3);
    assert.equal(new Set(harness.coordinator.updates.map(({ id }) => id)).size, 1);
  });

  it('sends again when the coordinator reconnects, because the broker accepted updates that nobody received', async () => {
    harness.coordinator.verdict = undefined;
    await harness.coordinator.claim('one');
    const { participant } = await harness.ready();
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    await harness.coordinator.claim('one');
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(harness.coordinator.updates.length, 2);
  });

  it('sends again what was on its way while another coordinator came, because that one may not have received it', async () => {
    harness.coordinator.verdict = undefined;
    await harness.coordinator.claim('one');
    const { participant, transport } = await harness.ready();
    const publish = transport.publish.bind(transport);
    let confirm: () => void = () => undefined;
    const confirmed = new Promise<void>((resolve) => {
      confirm = resolve;
    });
    transport.publish = async (topic, payload, options) => {
      await publish(topic, payload, options);
      if (topic.endsWith('/update')) await confirmed;
    };
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    await harness.coordinator.claim('two');
    confirm();
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(harness.coordinator.updates.length, 2);
  });

  it('has at most as many updates in flight as the coordinator recognises, and sends the rest as they are acknowledged', async () => {
    harness.coordinator.verdict = undefined;
    const { participant, transport } = await harness.ready({ mergesRounds: false });
    transport.drop({ stay: true });
    for (let round = 1; round <= 40; round++) {
      await trainOnce(participant);
      await until(() => participant.status.phase === 'collecting', 'the end of the round');
    }
    transport.reconnect();
    await until(() => harness.coordinator.updates.length === 32, 'the most updates in flight');
    await settled();
    assert.equal(harness.coordinator.updates.length, 32);
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    for (const update of [...harness.coordinator.updates])
      harness.coordinator.acknowledge(update, { status: 'accepted' });
    await until(() => participant.status.outbox === 0, 'all acknowledged');
    assert.equal(harness.coordinator.updates.length, 40);
    assert.equal(new Set(harness.coordinator.updates.map(({ id }) => id)).size, 40);
  });

  it('sends a hello and the update again if the coordinator does not know it', async () => {
    let unknown = 2;
    harness.coordinator.verdict = () =>
      unknown-- > 0 ? { status: 'rejected', reason: 'unknown-sender' } : { status: 'accepted' };
    const { participant } = await harness.ready();
    const received = notices(participant);
    const hellos = harness.coordinator.hellos.length;
    await trainOnce(participant);
    await until(() => harness.coordinator.hellos.length === hellos + 1, 'a hello');
    harness.clock.advance(1500);
    await until(() => harness.coordinator.hellos.length === hellos + 2, 'another hello');
    harness.clock.advance(3000);
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    assert.equal(harness.coordinator.updates.length, 3);
    assert.equal(harness.coordinator.hellos.length, hellos + 2);
    assert.deepEqual(received, []);
  });

  it('requests the model again if the coordinator does not know the held version', async () => {
    harness.coordinator.verdict = () => ({ status: 'rejected', reason: 'future-version' });
    const { participant } = await harness.ready();
    const before = harness.coordinator.syncs.length;
    const received = notices(participant);
    await trainOnce(participant);
    await until(() => received.length > 0, 'a refused update');
    harness.clock.advance(1_000);
    await until(() => harness.coordinator.syncs.length === before + 1, 'a request for the model');
    assert.equal(harness.coordinator.syncs.at(-1)?.version, -1);
  });

  it('sends no update without masks once the task asks for masks: neither one that waits nor one of an earlier process', async () => {
    const masked = tinyTask({ aggregation: { masked: true, participation: { kind: 'free' } } });
    const { coordinator } = harness;
    coordinator.verdict = undefined;
    const before = await harness.ready();
    const said = notices(before.participant);
    await trainOnce(before.participant);
    await until(() => coordinator.updates.length === 1, 'an update of the task without masks');
    const [name = ''] = await harness.outboxFiles();
    const path = join(harness.folder, 'outbox', name);
    const bytes = await readFile(path);
    coordinator.task = masked;
    await coordinator.publishTask();
    await harness.outboxEmpties(before.participant);
    await coordinator.claim('another');
    await settled();
    assert.deepEqual(
      said.filter(({ code }) => code === 'update-expired').map(({ text }) => text),
      ['the task asks for masked updates: one without masks that waited was dropped and is not sent'],
    );
    await before.leave();

    await writeFile(path, bytes);
    const after = harness.make();
    await after.join();
    await harness.outboxEmpties(after.participant);
    assert.equal(coordinator.updates.length, 1);
  });

  it('drops an update that is refused, and reports the reason', async () => {
    harness.coordinator.verdict = () => ({
      status: 'rejected',
      reason: 'norm-exceeded',
      detail: 'norm 12, at most 10',
    });
    const { participant } = await harness.ready();
    const received = notices(participant);
    await trainOnce(participant);
    await until(() => received.length > 0, 'a notice');
    assert.equal(participant.status.outbox, 0);
    assert.equal(received[0]?.code, 'update-rejected');
    assert.equal(received[0]?.details?.reason, 'norm-exceeded');
    assert.match(received[0]!.text, /norm 12, at most 10/);
    harness.clock.advance(3_600_000);
    await settled();
    assert.equal(harness.coordinator.updates.length, 1);
  });

  it('continues to train if the disk does not accept updates, and reports it', async () => {
    await writeFile(join(harness.folder, 'outbox'), 'a file where a folder should be');
    const made = harness.make();
    const { participant } = made;
    const received = problems(participant);
    await made.join();
    for (const sample of tinySamples(8)) participant.add(sample);
    await trainOnce(participant);
    await until(
      () => harness.coordinator.updates.length === 1 && participant.status.outbox === 0,
      'an acknowledged update',
    );
    assert.ok(received.length > 0 && received.every((error) => (error as FtteError).code === 'storage'));
  });

  it('says at once that the coordinator cannot keep an update, keeps it, and is content when it is accepted', async () => {
    harness.coordinator.verdict = () => ({ status: 'not-stored', detail: 'its disk is full' });
    const { participant } = await harness.ready();
    const received = notices(participant);
    await trainOnce(participant);
    await until(() => received.length > 0, 'a notice');
    assert.deepEqual([participant.status.trouble, participant.status.outbox], ['coordinator-storage', 1]);
    assert.match(received[0]!.text, /the coordinator cannot keep updates: its disk is full; they wait here/);
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    await harness.coordinator.claim('one');
    await until(() => participant.status.trouble === undefined, 'the acknowledgement');
    assert.equal(participant.status.outbox, 0);
    assert.deepEqual(
      received.map(({ code }) => code),
      ['coordinator-storage'],
    );
  });

  it('makes one update of the rounds during which the coordinator cannot keep any, and sends it when it can', async () => {
    harness.coordinator.verdict = () => ({ status: 'not-stored', detail: 'its disk is full' });
    const { participant } = await harness.ready();
    const received = notices(participant);
    await collect(participant, 1);
    await until(() => received.length > 0, 'a notice');
    await collect(participant, 40);
    assert.equal(participant.status.outbox, 2);
    assert.equal(harness.coordinator.updates.length, 1);
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    await harness.coordinator.claim('one');
    await until(() => participant.status.outbox === 0, 'the acknowledgements');
    const ids = harness.coordinator.updates.map(({ id }) => id);
    assert.equal(new Set(ids).size, 2);
    await collect(participant, 1);
    await until(() => participant.status.outbox === 0, 'the next acknowledgement');
    assert.equal(new Set(harness.coordinator.updates.map(({ id }) => id)).size, 3);
  });

  it('reports that a full outbox dropped its oldest update', async () => {
    harness.coordinator.verdict = undefined;
    const { participant } = await harness.ready({ outboxLimits: { maxCount: 1 } });
    const received = notices(participant);
    await trainOnce(participant);
    await until(() => participant.status.phase === 'collecting', 'the end of the round');
    await trainOnce(participant);
    assert.deepEqual(
      received.map(({ code }) => code),
      ['update-expired'],
    );
    assert.equal(participant.status.outbox, 1);
  });

  /** Lets the broker refuse updates from this time on, and counts the attempts. */
  function refusing(made: Gateway, refusal = new FtteError('broker', 'refused', { kind: 'not-allowed' })) {
    const state = { refuses: true, attempts: 0 };
    const { publish } = made.transport;
    made.transport.publish = (topic, payload, options) => {
      if (!topic.endsWith('/update')) return publish.call(made.transport, topic, payload, options);
      state.attempts++;
      return state.refuses ? Promise.reject(refusal) : publish.call(made.transport, topic, payload, options);
    };
    return state;
  }

  async function collect(participant: Participant, count: number): Promise<void> {
    for (let round = 1; round <= count; round++) {
      await trainOnce(participant);
      await until(() => participant.status.phase === 'collecting', 'the end of the round');
    }
    await settled();
  }

  it('tries one refused update after each of the growing waits, and sends all others after the first success', async () => {
    const made = await harness.ready({ mergesRounds: false });
    const state = refusing(made);
    const received = problems(made.participant);
    await collect(made.participant, 20);
    assert.equal(state.attempts, 1);
    // The waits are 30 s, 60 s and 120 s, up to a quarter shorter or longer.
    for (const [i, waitMs] of [30_000, 60_000, 120_000].entries()) {
      harness.clock.advance(0.7 * waitMs);
      await settled();
      assert.equal(state.attempts, 1 + i);
      harness.clock.advance(0.6 * waitMs);
      await until(() => state.attempts === 2 + i && harness.clock.nextDue !== undefined, 'another attempt');
    }
    assert.equal(received.length, 4);
    assert.equal(made.participant.status.outbox, 20);
    state.refuses = false;
    harness.clock.advance(15 * 60_000);
    await until(() => made.participant.status.outbox === 0, 'all acknowledged');
    assert.equal(harness.coordinator.updates.length, 20);
  });

  it('waits on if a connection comes back at which the broker refused updates', async () => {
    const made = await harness.ready();
    const state = refusing(made);
    await collect(made.participant, 3);
    for (let i = 0; i < 5; i++) {
      made.transport.drop();
      await settled();
    }
    assert.ok(state.attempts <= 6, `${state.attempts} attempts`);
  });

  it('does not let one update that cannot be sent hold up the others', async () => {
    const made = await harness.ready();
    const state = refusing(made, new FtteError('broker', 'too large', { kind: 'too-large' }));
    await collect(made.participant, 1);
    state.refuses = false;
    await collect(made.participant, 2);
    await until(() => made.participant.status.outbox === 1, 'two acknowledged updates');
  });

  it('tries a single update while nothing is acknowledged, and sends the others after the first acknowledgement', async () => {
    harness.coordinator.verdict = undefined;
    const { participant } = await harness.ready();
    await collect(participant, 5);
    assert.equal(harness.coordinator.updates.length, 5);
    harness.clock.advance(40_000);
    await until(() => harness.coordinator.updates.length === 6, 'the first again');
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    harness.clock.advance(100_000);
    await until(() => participant.status.outbox === 0, 'all acknowledged');
    assert.equal(new Set(harness.coordinator.updates.map(({ id }) => id)).size, 5);
  });

  it('names the topic of updates that are not answered although the coordinator answers a hello', async () => {
    harness.coordinator.verdict = undefined;
    const { participant } = await harness.ready();
    const received = notices(participant);
    await collect(participant, 3);
    harness.clock.advance(10_000);
    await until(() => harness.coordinator.hellos.at(-1)?.answer === true, 'a hello that requests an answer');
    const { instance } = harness.coordinator.hellos.at(-1)!;
    await harness.coordinator.answer('gw', instance);
    await until(() => received.length === 1, 'a notice');
    assert.equal(received[0]!.code, 'not-answered');
    assert.match(
      received[0]!.text,
      /^3 messages on ftte\/v1\/clinic\/gw\/gw\/update .*may this user publish there\?/,
    );
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    await harness.coordinator.claim('one');
    await until(() => participant.status.outbox === 0, 'all acknowledged');
    assert.deepEqual(
      received.map(({ code }) => code),
      ['not-answered', 'answered-again'],
    );
  });

  it('names the topic of the hello if the coordinator does not know it after three', async () => {
    harness.coordinator.verdict = () => ({ status: 'rejected', reason: 'unknown-sender' });
    const { participant } = await harness.ready();
    const received = notices(participant);
    await trainOnce(participant);
    for (let refused = 1; refused <= 5; refused++) {
      await until(() => harness.coordinator.updates.length === refused, 'another refused update');
      await settled();
      harness.clock.advance(40_000);
    }
    assert.match(received[0]!.text, /after 3 hellos on ftte\/v1\/clinic\/gw\/gw\/hello/);
    assert.equal(received.length, 1);
  });
});
