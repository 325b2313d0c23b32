import assert from 'node:assert/strict';
import { createEngine, InlineTrainer, type TrainOptions } from '../../../../gateway/engine';
import { parameterLayout } from '../../../../gateway/model';
import { taskModel } from '../../../../gateway/task';
import { ParticipantHarness, trainOnce } from '../harness';
import { tinySamples, tinyTask, until } from '../tools';

const { input, training } = tinyTask();
const atMarks = { ...input, cut: { kind: 'marks' as const, before: 4 } };
const task = tinyTask({ input: atMarks, training: { ...training, learningRate: 'auto' } });
const bias = parameterLayout(taskModel(task)).tensors.at(-1)!;

describe('a round that knows how often labels come in the federation', () => {
  let harness: ParticipantHarness;
  let begun: Float32Array[];
  let options: TrainOptions[];
  beforeEach(async () => {
    harness = await ParticipantHarness.build(task);
    begun = [];
    options = [];
  });
  afterEach(() => harness.remove());

  /** A gateway whose trainer notes what it gets. */
  async function watched(id?: string) {
    const trainer = new InlineTrainer(createEngine(), harness.clock);
    const [load, train] = [trainer.setParameters.bind(trainer), trainer.train.bind(trainer)];
    trainer.setParameters = (flat) => {
      begun.push(flat.slice());
      return load(flat);
    };
    trainer.train = (samples, given) => {
      options.push(given);
      return train(samples, given);
    };
    const made = harness.make({ trainer }, id);
    await made.join();
    for (const sample of tinySamples(8)) made.participant.add(sample);
    return made;
  }

  /** Publishes a head with these bytes, and waits for the version before it. */
  async function say(labels: Uint8Array, follower: { readonly labelShares: Float32Array | undefined }) {
    const { lineage, version, session } = harness.coordinator;
    await session.send({ type: 'head', lineage, version, modelKey: '', labels });
    await until(() => follower.labelShares !== undefined || labels.length !== 2, 'the shares');
  }

  it('adds their logarithms to the outputs, takes windows as they come, and steps by the momentum of the server', async () => {
    const { participant, follower } = await watched();
    await trainOnce(participant);
    assert.deepEqual([options[0]!.balance, options[0]!.learningRate.toFixed(3)], [0.5, '0.015']);
    await until(() => participant.status.phase === 'collecting', 'the end of the round');
    await say(Uint8Array.of(16, 32), follower);
    await trainOnce(participant);
    // 0.05, twice as long for all gateways, and 1 - 0.7 of it.
    assert.deepEqual([options[1]!.balance, options[1]!.learningRate.toFixed(3)], [0, '0.030']);
    const { parameters } = harness.coordinator;
    const expected = parameters.slice();
    expected[bias.offset]! -= 1;
    expected[bias.offset + 1]! -= 2;
    assert.deepEqual(begun[1], expected);
  });

  it('shortens its steps by the momentum of the server also where two gateways are too few to know, and says so', async () => {
    for (const id of ['one', 'two']) {
      const { participant, follower } = await watched(id);
      for (let round = 0; round < 2; round++) {
        const { training } = await trainOnce(participant);
        assert.match(training, /rate 0\.015, .*by the root of their number;.*momentum 0\.7$/);
        await until(() => participant.status.phase === 'collecting', 'the end of the round');
      }
      assert.equal(follower.labelShares, undefined);
    }
    assert.deepEqual(
      options.map(({ learningRate }) => learningRate.toFixed(3)),
      ['0.015', '0.015', '0.015', '0.015'],
    );
  });

  it('keeps them when a head says none, and takes no older ones, unless the coordinator counts from an earlier version', async () => {
    const { follower } = await watched();
    const said = (version: number, labels: Uint8Array | undefined) => {
      follower.takeLabels(version, labels);
      return [...follower.labelShares!];
    };
    assert.deepEqual(said(5, Uint8Array.of(4, 8)), [-0.25, -0.5]);
    assert.deepEqual(said(6, undefined), [-0.25, -0.5]);
    assert.deepEqual(said(6, Uint8Array.of(4, 8, 12)), [-0.25, -0.5], 'those of other labels');
    assert.deepEqual(said(4, Uint8Array.of(8, 4)), [-0.25, -0.5]);
    assert.deepEqual(said(4, Uint8Array.of(8, 4)), [-0.25, -0.5], 'the same once more');
    assert.deepEqual(said(5, Uint8Array.of(4, 8)), [-0.25, -0.5]);
    assert.deepEqual(said(3, Uint8Array.of(8, 4)), [-0.25, -0.5]);
    assert.deepEqual(said(4, Uint8Array.of(8, 4)), [-0.5, -0.25], 'two that ascend');
    assert.deepEqual(said(5, Uint8Array.of(255, 0)), [Math.fround(Math.log(0.01)), -0], 'a lie');
  });

  it('does without if they are those of other labels', async () => {
    const { participant, follower } = await watched();
    await say(Uint8Array.of(1, 2, 3), follower);
    await trainOnce(participant);
    assert.equal(follower.labelShares, undefined);
    assert.equal(options[0]!.balance, 0.5);
  });
});
