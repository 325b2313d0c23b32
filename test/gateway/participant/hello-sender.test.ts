import assert from 'node:assert/strict';
import { notices, ParticipantHarness } from './harness';
import { settled, until } from './tools';

describe('a participant whose id another run has, too', () => {
  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
  });
  afterEach(() => harness.remove());

  it('says so once, and shows it until three minutes after the other run was named last', async () => {
    const { participant } = await harness.ready();
    const received = notices(participant);
    const name = async (instance: string) => {
      await harness.coordinator.session.send({ type: 'twin', instance }, 'gw');
      await settled();
    };
    const minute = async () => {
      harness.clock.advance(60_000);
      await settled();
    };
    const hellos = () => harness.coordinator.hellos.length;
    const own = harness.coordinator.hellos.at(-1)?.instance ?? '';
    await name(own);
    assert.equal(participant.status.minorTrouble, undefined, 'its own name');
    await name('another run');
    assert.equal(participant.status.minorTrouble, 'twin-gateway');
    const before = hellos();
    await minute();
    assert.equal(hellos(), before + 1, 'a hello, by which the coordinator finds the other run again');
    await name('another run');
    for (let i = 0; i < 2; i++) await minute();
    assert.equal(participant.status.minorTrouble, 'twin-gateway');
    await minute();
    await until(() => participant.status.minorTrouble === undefined, 'the end of the trouble');
    assert.deepEqual(
      received.map(({ code }) => code),
      ['twin-gateway'],
    );
    const last = hellos();
    await minute();
    assert.equal(hellos(), last, 'no more hellos than before');
    await name('another run');
    assert.equal(participant.status.minorTrouble, 'twin-gateway', 'it has come back');
  });
});
