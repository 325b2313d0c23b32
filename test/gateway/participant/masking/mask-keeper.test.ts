import assert from 'node:assert/strict';
import { createEngine, InlineTrainer } from '../../../../gateway/engine';
import { Committee, decodeFromGateway, encodeCommittee } from '../../../../gateway/masking';
import { SeededRandom } from '../../../../gateway/platform';
import { Identity } from '../../../../gateway/security';
import { type Session, TransportSession } from '../../../../gateway/session';
import { MemoryTransport } from '../../../../gateway/transport';
import { testCommittee } from '../../masking/committee-kit';
import { ParticipantHarness, problems } from '../harness';
import { federation, tinySamples, tinyTask, until } from '../tools';

describe('a gateway with a masked task', () => {
  const { committee } = testCommittee(3, 2);
  const next = new Committee({ ...committee.content, number: 2 });

  it('sends nothing of a round during which another committee came, and masked updates again when that has its seeds', async () => {
    const task = tinyTask({ aggregation: { masked: true, participation: { kind: 'free' } } });
    const harness = await ParticipantHarness.build(task);
    const { broker, clock, coordinator } = harness;
    const transport = new MemoryTransport(broker, { client: 'gw sealed' });
    const random = new SeededRandom(3);
    const open = new TransportSession({ transport, federation, id: 'gw', clock, random });
    const identity = Identity.create();
    /** Epochs of deposits; those of `held` stay on their way. */
    const deposited: string[] = [];
    let held = '';
    let release: () => void = () => undefined;
    /** The session of a member. */
    const changes: Partial<Session> = {
      identity,
      hasMembers: true,
      send: async (body, to, options) => {
        const said = body.type === 'help' ? decodeFromGateway(body.content) : undefined;
        if (said?.kind === 'deposit') {
          deposited.push(said.deposit.epoch);
          if (said.deposit.epoch === held) await new Promise<void>((resolve) => (release = resolve));
        }
        return open.send(body, to, options);
      },
    };
    const session = new Proxy<Session>(open, {
      get(target, name) {
        const value = Reflect.get(name in changes ? changes : target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const trainer = new InlineTrainer(createEngine(), clock);
    const onConnection: MemoryTransport['onState'] = (listener) => transport.onState(listener);
    const made = harness.make({ session, onConnection, trainer });
    const { participant } = made;
    transport.open();
    await made.join();
    for (const sample of tinySamples(8)) participant.add(sample);
    const announce = (content: Committee['content']) =>
      coordinator.session.send({ type: 'committee', content: encodeCommittee(content) });

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
    const said = problems(participant);
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
    await made.leave();
    await open.stop();
    await transport.close();
    await harness.remove();
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
});
