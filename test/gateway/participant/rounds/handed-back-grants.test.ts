import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createEngine, InlineTrainer } from '../../../../gateway/engine';
import { FtteError, VirtualClock } from '../../../../gateway/platform';
import { MemoryBroker } from '../../../../gateway/transport';
import {
  type Gateway,
  gateway,
  ScriptedCoordinator,
  settled,
  temporaryFolder,
  tinySamples,
  tinyTask,
  until,
} from '../tools';

const task = tinyTask({ aggregation: { participation: { kind: 'granted' } } });
const id = (number: number) => number.toString(16).padStart(16, '0');
const catchUp = {
  segments: [{ offset: 0, length: 1 }],
  delta: { encoding: 'float32' as const, values: Float32Array.of(0.5) },
};

describe('a granted round that gives no update', () => {
  let clock: VirtualClock;
  let coordinator: ScriptedCoordinator;
  let folder: { path: string; remove: () => Promise<void> };
  let made: Gateway;
  let trainer: InlineTrainer;

  beforeEach(async () => {
    clock = new VirtualClock();
    const broker = new MemoryBroker();
    folder = await temporaryFolder();
    coordinator = await new ScriptedCoordinator(broker, clock, task).start();
    coordinator.verdict = () => ({ status: 'accepted' });
    trainer = new InlineTrainer(createEngine(), clock);
    const outboxFolder = join(folder.path, 'outbox');
    made = gateway({ broker, clock }, 'gw', {
      outboxFolder,
      trainer,
      trigger: { newWindows: 4, intervalMs: 0 },
    });
    made.transport.open();
    await made.follower.start();
    await made.participant.start();
    await settled();
    add(4);
    await settled();
    assert.deepEqual(said(), [true]);
  });
  afterEach(async () => {
    await made.leave();
    assert.equal(clock.nextDue, undefined, 'a timer was left running');
    await folder.remove();
  });

  const said = () => coordinator.readies.map(({ ready }) => ready);

  function add(count: number): void {
    for (const sample of tinySamples(count)) made.participant.add(sample);
  }

  async function grant(number: number): Promise<void> {
    await coordinator.grant('gw', id(number), { catchUp });
    await settled();
  }

  /** Lets training continue until it is cancelled. */
  function trainForEver(): void {
    let cancel: (error: Error) => void = () => undefined;
    trainer.train = () =>
      new Promise((_, reject) => {
        cancel = reject;
      });
    trainer.cancel = () => cancel(new FtteError('cancelled', 'the round was cancelled'));
  }

  it('is returned if it cannot begin, and requested again when it can', async () => {
    made.participant.setBudget(100);
    await grant(1);
    assert.equal(made.participant.status.rounds, 0);
    assert.deepEqual(said(), [true, false]);
    made.participant.setBudget(1024 * 1024);
    await settled();
    assert.deepEqual(said(), [true, false, true]);
    await grant(2);
    await until(() => made.participant.status.rounds === 1, 'a round');
    await until(() => made.participant.status.outbox === 0, 'an acknowledged update');
    assert.deepEqual(said(), [true, false, true], 'an update shows that its round is over');
  });

  it('is returned if the samples have become too few', async () => {
    coordinator.task = tinyTask({
      training: { batchSize: 4, epochs: 2, minSamples: 5, learningRate: 0.05 },
      aggregation: { participation: { kind: 'granted' } },
    });
    await coordinator.publishTask();
    await settled();
    await grant(1);
    assert.deepEqual(said(), [true, false]);
    add(1);
    await settled();
    assert.deepEqual(said(), [true, false, true]);
  });

  it('is returned if training fails', async () => {
    trainer.train = () => Promise.reject(new FtteError('engine-crashed', 'out of memory'));
    await grant(1);
    await until(() => said().length === 2, 'the returned grant');
    assert.deepEqual(said(), [true, false]);
    assert.equal(made.participant.status.phase, 'collecting');
  });

  it('is returned by a gateway that is stopped during the round', async () => {
    trainForEver();
    await grant(1);
    await until(() => made.participant.status.phase === 'training', 'a round');
    await made.participant.stop();
    await settled();
    assert.deepEqual(said(), [true, false]);
  });

  it('continues when a second grant for the same request comes', async () => {
    trainForEver();
    await grant(1);
    await until(() => made.participant.status.phase === 'training', 'a round');
    await grant(2);
    assert.deepEqual(said(), [true]);
  });
});
