import assert from 'node:assert/strict';
import { farSamples, usualMagnitude } from '../../../../gateway/stream';
import { notices, ParticipantHarness, trainOnce } from '../harness';
import { tinySamples, until } from '../tools';

const windowOf = (...values: number[]) => Float32Array.from(values);

describe('samples far from all others', () => {
  const cases: [string, Float32Array[], number][] = [
    ['one in a thousand, of 1e30', [...Array(999).fill(windowOf(1, -2)), windowOf(1e30, 0)], 1],
    ['a negative one', [windowOf(1), windowOf(2), windowOf(-5000)], 1],
    ['several of 10 000', [...Array(9).fill(windowOf(1.5)), windowOf(1e4), windowOf(2e4)], 2],
    ['none among raw counts', [windowOf(30_000), windowOf(32_000), windowOf(29_000)], 0],
    ['none within a hundred times', [windowOf(1), windowOf(1), windowOf(99)], 0],
    ['none if most windows are silent', [windowOf(0), windowOf(0), windowOf(0), windowOf(3), windowOf(4)], 0],
    ['none if all are silent', [windowOf(0), windowOf(0)], 0],
    ['none without samples', [], 0],
  ];
  for (const [name, windows, count] of cases)
    it(`are ${name}`, () => assert.equal(farSamples(windows).size, count));

  it('do not change what is usual', () => {
    assert.equal(usualMagnitude([windowOf(1), windowOf(-2), windowOf(0), windowOf(1e30)]), 2);
  });

  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
  });
  afterEach(() => harness.remove());

  it('are removed after the round that they made fail, which is reported, and the next round counts', async () => {
    const { participant } = await harness.ready();
    const received = notices(participant);
    const problems: Error[] = [];
    participant.on('problem', (problem) => problems.push(problem));
    const [sample] = tinySamples(1, 5);
    participant.add({ ...sample!, window: sample!.window.map(() => 3e38) });
    assert.equal(participant.trainNow(), 'started');
    await until(() => received.length > 0, 'the notice');
    assert.equal(received[0]!.code, 'samples-removed');
    assert.match(received[0]!.text, /^1 sample was removed: values \de\+38 times the usual size/);
    assert.deepEqual(problems, []);
    assert.equal(participant.status.samples, 8);
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
  });

  it('are removed after the coordinator refused the update that they made too large', async () => {
    const { participant } = await harness.ready();
    const received = notices(participant);
    const [sample] = tinySamples(1, 5);
    participant.add({ ...sample!, window: sample!.window.map(() => 1e6) });
    harness.coordinator.verdict = () => ({ status: 'rejected', reason: 'norm-exceeded', detail: 'norm' });
    await trainOnce(participant);
    await until(() => received.some(({ code }) => code === 'samples-removed'), 'the notice');
    assert.equal(participant.status.samples, 8);
  });

  it('are no excuse if there are none: the reason of the failure is reported', async () => {
    const { participant } = await harness.ready();
    const problems: Error[] = [];
    participant.on('problem', (problem) => problems.push(problem));
    for (const sample of tinySamples(24, 5))
      participant.add({ ...sample, window: sample.window.map(() => 1e38) });
    participant.trainNow();
    await until(() => problems.length > 0, 'the problem');
    assert.match(problems[0]!.message, /not finite .*: inputs are about 1e\+38, set centre and spread/);
  });
});
