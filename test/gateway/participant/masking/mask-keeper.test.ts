import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, InlineTrainer } from '../../../../gateway/engine';
import { Committee, decodeFromGateway, encodeCommittee } from '../../../../gateway/masking';
import type { TaskRefusal } from '../../../../gateway/participant/policy';
import { FtteError, SeededRandom } from '../../../../gateway/platform';
import { Identity } from '../../../../gateway/security';
import { type Session, TransportSession } from '../../../../gateway/session';
import type { Task } from '../../../../gateway/task';
import { MemoryTransport } from '../../../../gateway/transport';
import { testCommittee } from '../../masking/committee-kit';
import { ParticipantHarness, problems, trainOnce } from '../harness';
import { federation, temporaryFolder, tinySamples, tinyTask, until } from '../tools';

describe('a gateway with a masked task', () => {
  const { committee } = testCommittee(3, 2);
  const next = new Committee({ ...committee.content, number: 2 });

  /** A gateway with samples, in the session of a member: with an identity, and without bytes for other transports. */
  async function member(changes: Partial<Session> & { folder?: string } = {}) {
    const task = tinyTask({ aggregation: { masked: true, participation: { kind: 'free' } } });
    const harness = await ParticipantHarness.build(task);
    const { broker, clock, coordinator } = harness;
    const transport = new MemoryTransport(broker, { client: 'gw sealed' });
    const random = new SeededRandom(3);
    const open = new TransportSession({ transport, federation, id: 'gw', clock, random });
    const { folder, ...of } = changes;
    const own: Partial<Session> = {
      identity: Identity.create(),
      hasMembers: true,
      exported: () => undefined,
      ...of,
    };
    const session = new Proxy<Session>(open, {
      get(target, name) {
        const value = Reflect.get(name in own ? own : target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const trainer = new InlineTrainer(createEngine(), clock);
    const onConnection: MemoryTransport['onState'] = (listener) => transport.onState(listener);
    const privacy = folder === undefined ? {} : { privacy: { folder } };
    const made = harness.make({ session, onConnection, trainer, ...privacy });
    const said = problems(made.participant);
    transport.open();
    await made.join();
    for (const sample of tinySamples(8)) made.participant.add(sample);
    return {
      ...{ harness, clock, coordinator, trainer, said },
      participant: made.participant,
      announce: (content: Committee['content']) =>
        coordinator.session.send({ type: 'committee', content: encodeCommittee(content) }),
      async remove() {
        await made.leave();
        await open.stop();
        await transport.close();
        await harness.remove();
      },
    };
  }

  it('sends nothing of a round during which another committee came, and masked updates again when that has its seeds', async () => {
    /** Epochs of deposits; those of `held` stay on their way. */
    const deposited: string[] = [];
    let held = '';
    let release: () => void = () => undefined;
    const send: Session['send'] = async function (this: Session, body, to, options) {
      const heard = body.type === 'help' ? decodeFromGateway(body.content) : undefined;
      if (heard?.kind === 'deposit') {
        deposited.push(heard.deposit.epoch);
        if (heard.deposit.epoch === held) await new Promise<void>((resolve) => (release = resolve));
      }
      return this.send(body, to, options);
    };
    const made = await member({ send });
    const { participant, trainer, coordinator, announce, said } = made;

    assert.equal(participant.trainNow(), 'not-ready');
    await announce(committee.content);
    await until(() => participant.trainNow() === 'started', 'the seeds are with the first committee');
    await until(() => coordinator.updates.length === 1, 'a masked update');

    const train = trainer.train.bind(trainer);
    held = next.epoch;
    trainer.train = async (...given) => {
      await announce(next.content);
      await until(() => deposited.includes(next.epoch), 'the seeds are on their way');
      return train(...given);
    };
    assert.equal(participant.trainNow(), 'started');
    await until(() => said.length > 0, 'the end of the round');
    assert.match(said[0]!.message, /another committee of helpers came during the round/);
    assert.equal(participant.trainNow(), 'not-ready');
    assert.equal(participant.status.outbox, 0);

    trainer.train = train;
    held = '';
    release();
    await until(() => deposited.filter((epoch) => epoch === next.epoch).length === 3, 'all seeds');
    await until(() => participant.trainNow() === 'started', 'the seeds are with the next committee');
    await until(() => coordinator.updates.length === 2, 'another masked update');
    assert.deepEqual(
      coordinator.updates.map(({ masks, delta }) => [masks?.epoch, delta.encoding]),
      [
        [committee.epoch, 'masked'],
        [next.epoch, 'masked'],
      ],
    );

    // A message that waits for a connection does not hold the end up.
    const last = new Committee({ ...committee.content, number: 3 });
    held = last.epoch;
    await announce(last.content);
    await until(() => deposited.includes(last.epoch), 'seeds that never arrive');
    await made.remove();
  });

  it('gives no seeds to a committee that could open smaller sums, or with fewer helpers, than its size allows', async () => {
    const seven = testCommittee(7, 3, 5).committee.content;
    for (const [content, reason] of [
      [{ ...seven, fewest: 3 }, /sums of at least 5 gateways for 7 helpers, got 3/],
      [{ ...seven, threshold: 2 }, /a threshold of 3 for 7 helpers, got 2/],
    ] as const) {
      const made = await member();
      await made.announce(content);
      await until(() => made.said.length > 0, 'a report');
      assert.match(made.said[0]!.message, reason);
      assert.equal(made.participant.trainNow(), 'not-ready');
      await made.announce(seven);
      await until(() => made.participant.trainNow() === 'started', 'the seeds of the right committee');
      await made.remove();
    }
  });

  it('gives its seeds to a committee once they can be sent, and reports once that they cannot', async () => {
    let failures = 2;
    const send: Session['send'] = async function (this: Session, body, to, options) {
      const heard = body.type === 'help' ? decodeFromGateway(body.content) : undefined;
      if (heard?.kind === 'deposit' && failures-- > 0) throw new FtteError('broker', 'the broker refused it');
      return this.send(body, to, options);
    };
    const made = await member({ send });
    await made.announce(committee.content);
    await until(() => made.said.length > 0, 'a report');
    await until(() => {
      made.clock.advance(1_000);
      return made.participant.trainNow() === 'started';
    }, 'the seeds are with the committee');
    assert.ok(failures < 0);
    assert.deepEqual(
      made.said.map(({ message }) => message),
      ['the broker refused it'],
    );
    await until(() => made.coordinator.updates.length === 1, 'a masked update');
    await made.remove();
  });

  it('begins when the file of the helper can be read, and reports once that it cannot', async () => {
    const { path: folder, remove } = await temporaryFolder();
    const file = join(folder, 'helper.bin');
    mkdirSync(file);
    const made = await member({ folder });
    await made.announce(committee.content);
    await until(() => made.said.length > 0, 'a report');
    assert.equal(made.participant.trainNow(), 'not-ready');
    rmdirSync(file);
    await until(() => {
      made.clock.advance(1_000);
      return made.participant.trainNow() === 'started';
    }, 'the seeds are with the committee');
    assert.equal(made.said.length, 1);
    await until(() => made.coordinator.updates.length === 1, 'a masked update');
    await made.remove();
    await remove();
  });

  it('sends nothing of a round that began before the task asked for masks', async () => {
    const harness = await ParticipantHarness.build();
    const { coordinator } = harness;
    const { participant, trainer, follower } = await harness.ready();
    const messages: Uint8Array[] = [];
    participant.on('update', (message) => void messages.push(message));
    const train = trainer.train.bind(trainer);
    trainer.train = async (...given) => {
      coordinator.task = tinyTask({ aggregation: { masked: true, participation: { kind: 'free' } } });
      await coordinator.publishTask();
      await until(() => follower.task?.aggregation.masked === true, 'the task with masks');
      return train(...given);
    };
    const said = problems(participant);
    assert.equal(participant.trainNow(), 'started');
    await until(() => said.length > 0, 'the end of the round');
    assert.match(said[0]!.message, /the task asks for masked updates since the round began/);
    assert.deepEqual([messages.length, coordinator.updates.length, participant.status.outbox], [0, 0, 0]);
    await harness.remove();
  });

  it('sends nothing without masks while a task with masks waits to be accepted, and goes on when it is taken back', async () => {
    const harness = await ParticipantHarness.build();
    const { coordinator } = harness;
    const plain = coordinator.task;
    coordinator.verdict = undefined;
    const { participant, follower } = await harness.ready();
    const refusal: TaskRefusal = { kind: 'waiting', text: 'a person decides' };
    const judge = (task: Task) => (task.aggregation.masked ? refusal : undefined);
    Object.assign(follower, { gate: { judge, accept: () => undefined, close: async () => undefined } });
    await trainOnce(participant);
    await until(() => coordinator.updates.length === 1, 'an update of the task without masks');
    coordinator.task = tinyTask({ aggregation: { masked: true, participation: { kind: 'free' } } });
    await coordinator.publishTask();
    await harness.outboxEmpties(participant);
    assert.equal(participant.trainNow(), 'not-ready');
    await coordinator.claim('another');
    coordinator.task = plain;
    await coordinator.publishTask();
    await until(() => participant.trainNow() === 'started', 'the task without masks');
    await until(() => coordinator.updates.length === 2, 'an update of it');
    assert.notEqual(coordinator.updates[0]!.id, coordinator.updates[1]!.id);
    await harness.remove();
  });
});
