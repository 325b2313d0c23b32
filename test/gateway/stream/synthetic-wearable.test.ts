import assert from 'node:assert/strict';
import { createEngine } from '../../../gateway/engine';
import { densePlan, initialParameters, parameterLayout } from '../../../gateway/model';
import { SeededRandom } from '../../../gateway/platform';
import { type Reading, SampleStore, SyntheticWearable, Windower } from '../../../gateway/stream';
import { parseTask, taskModel } from '../../../gateway/task';
import { refusal } from './tools';

const play = (source: SyntheticWearable) => [...source.readings()];
const means = (readings: Reading[], channel: number) =>
  readings.reduce((sum, { values }) => sum + values[channel]!, 0) / readings.length;

describe('synthetic wearable', () => {
  it('has as many readings as it announces, labelled, timed at 50 Hz, person after person', () => {
    const source = new SyntheticWearable({ people: 2, rounds: 1, seconds: 2 });
    const readings = play(source);
    assert.equal(readings.length, source.length);
    assert.equal(source.length, 2 * 6 * 100);
    assert.deepEqual(source.subjects, ['person 1', 'person 2']);
    assert.equal(readings[1]!.timeMs! - readings[0]!.timeMs!, 20);
    assert.deepEqual(new Set(readings.map(({ label }) => label)), new Set(source.labels));
    for (const { values } of readings) assert.ok(values.length === 6 && values.every(Number.isFinite));
  });

  it('repeats bit for bit with its seed, and gives each person the same stream, whatever the other people are', () => {
    const of = (people: number[], seed = 1) =>
      play(new SyntheticWearable({ people, seed, rounds: 1, seconds: 1 }));
    const values = (readings: Reading[]) => readings.map((reading) => [...reading.values]);
    assert.deepEqual(of([2]), of([2]));
    assert.deepEqual(values(of([1, 2]).slice(300)), values(of([2])));
    assert.notDeepEqual(values(of([1])), values(of([2])));
    assert.notDeepEqual(values(of([1], 1)), values(of([1], 2)));
  });

  it('measures gravity of about 1 g, upright along the first axis and across it when lying', () => {
    for (const person of [1, 2, 3, 4, 5]) {
      const readings = play(new SyntheticWearable({ people: [person], rounds: 2, seconds: 10 }));
      const posture = (label: string) => {
        const chosen = readings.filter((reading) => reading.label === label);
        return [0, 1, 2].map((channel) => means(chosen, channel));
      };
      const standing = posture('STANDING');
      assert.ok(Math.abs(Math.hypot(...standing) - 1) < 0.15);
      assert.ok(standing[0]! > 0.8);
      assert.ok(Math.abs(posture('LAYING')[0]!) < 0.6);
    }
  });

  it('refuses settings that give no readings', () => {
    for (const options of [{ people: 0 }, { people: [] }, { rounds: 0 }, { seconds: Number.NaN }]) {
      assert.throws(
        () => new SyntheticWearable(options),
        refusal('config-invalid', Object.keys(options)[0]!),
      );
    }
  });

  it('allows learning from other people, but not in one pass', () => {
    const task = parseTask({
      name: 'har',
      input: {
        channels: ['acc_x', 'acc_y', 'acc_z', 'gyro_x', 'gyro_y', 'gyro_z'].map((name) => ({ name })),
        rateHz: 50,
        length: 128,
        hop: 64,
      },
      labels: [...new SyntheticWearable().labels],
      model: { preset: 'cnn1d', size: 'S' },
    });
    const windows = (people: number[]) => {
      const store = new SampleStore({ capacity: 2000, random: new SeededRandom(1) });
      store.fit(task);
      const windower = new Windower({ input: task.input, labels: task.labels });
      for (const reading of play(new SyntheticWearable({ people }))) {
        for (const window of windower.pushReading(reading)) if (window.label !== undefined) store.add(window);
      }
      return store;
    };
    const train = windows([1, 2, 3, 4, 5, 6]);
    const others = windows([11, 12, 13, 14]).draw(300, new SeededRandom(2));
    const model = taskModel(task);
    const program = createEngine().compile({
      model,
      plan: densePlan(parameterLayout(model), 32),
      optimiser: task.training.optimiser,
      batchSize: 32,
    });
    const parameters = initialParameters(model, 1);
    const average = parameters.slice();
    const accuracies: number[] = [];
    for (let pass = 0; pass < 14; pass++) {
      program.loadParameters(parameters);
      const samples = train.draw(512, new SeededRandom(pass));
      const { delta } = program.train(samples, { epochs: 1, learningRate: 0.05, seed: pass });
      for (let i = 0; i < delta.length; i++) {
        parameters[i]! += delta[i]!;
        average[i]! += (parameters[i]! - average[i]!) / Math.min(pass + 2, 5);
      }
      program.loadParameters(average);
      const { confusion, count } = program.evaluate(others);
      accuracies.push([0, 1, 2, 3, 4, 5].reduce((sum, c) => sum + confusion[c * 7]!, 0) / count);
    }
    assert.ok(accuracies[0]! < 0.7, `after one pass ${accuracies[0]}`);
    assert.ok(accuracies[13]! > 0.75, `after fourteen ${accuracies[13]}`);
  });
});
