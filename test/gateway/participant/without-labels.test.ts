import assert from 'node:assert/strict';
import { createEngine, type Program } from '../../../gateway/engine';
import { densePlan, initialParameters, parameterLayout } from '../../../gateway/model';
import { SeededRandom } from '../../../gateway/platform';
import { AnomalyDetector } from '../../../gateway/prediction/anomaly-detector';
import {
  type LabelledWindow,
  type Reading,
  type ReadingSource,
  SampleStore,
  SyntheticEcg,
  SyntheticVitals,
  Windower,
} from '../../../gateway/stream';
import { localRate, parseStoredTask, type Task, taskModel, taskSampleRows } from '../../../gateway/task';
import { exampleFlows } from '../../../tools/support/demonstration';

const exampleTask = (name: Parameters<typeof exampleFlows>[0]): Task => {
  const node = exampleFlows(name).find(({ type }) => type === 'ftte-task');
  return parseStoredTask(node?.['name'], node?.['task']);
};

/** Every window of a source, with its readings. */
function* cut(task: Task, source: ReadingSource): Iterable<LabelledWindow & { readings: Reading[] }> {
  const { input } = task;
  const windower = new Windower({ input, labels: [], following: taskSampleRows(task) - input.length });
  let readings: Reading[] = [];
  for (const reading of source.readings() as Iterable<Reading>) {
    readings = [...readings.slice(1 - input.length), reading];
    for (const window of windower.pushReading(reading)) yield { ...window, readings };
  }
}

function storeOf(task: Task, source: ReadingSource): SampleStore {
  const store = new SampleStore({ capacity: 10_000, random: new SeededRandom(1) });
  store.fit(task);
  for (const { window, sample } of cut(task, source))
    if (task.kind === 'anomaly' || sample) store.add({ window: sample ?? window });
  return store;
}

/** The task's model after training in one place, as by one gateway with all samples. */
function trained(task: Task, store: SampleStore, epochs: number): Program {
  const model = taskModel(task);
  const { optimiser, batchSize } = task.training;
  const plan = densePlan(parameterLayout(model), batchSize);
  const program = createEngine().compile({ model, plan, optimiser, batchSize });
  const parameters = initialParameters(model, task.seed);
  program.loadParameters(parameters);
  const { delta } = program.train(store.all(), { epochs, learningRate: localRate(task, 0), seed: 1 });
  program.loadParameters(parameters.map((value, i) => value + delta[i]!));
  return program;
}

describe('learning without labels in the examples', () => {
  it('forecasts the vital signs of new people with less than two thirds of the error of the last value', () => {
    const task = exampleTask('04 - Vitals forecast');
    const program = trained(task, storeOf(task, new SyntheticVitals({ people: 15 })), 6);
    const held = storeOf(task, new SyntheticVitals({ people: [26, 27, 28] })).all();
    const rows = taskSampleRows(task);
    const channels = task.input.channels.length;
    let error = 0;
    let values = 0;
    for (let i = 0; i < held.count; i++) {
      const sample = held.x.subarray(i * rows * channels, (i + 1) * rows * channels);
      for (let row = task.input.length; row < rows; row++) {
        for (const channel of [0, 1]) {
          error += Math.abs(
            sample[row * channels + channel]! - sample[(task.input.length - 1) * channels + channel]!,
          );
          values++;
        }
      }
    }
    const standingStill = error / values;
    const { meanAbsolute } = program.evaluate(held).errors!;
    assert.ok(meanAbsolute < (2 / 3) * standingStill, `${meanAbsolute} beside ${standingStill}`);
  });

  it('finds most early beats of new people, with about the allowed share of false alarms', () => {
    const task = exampleTask('05 - ECG anomalies');
    const program = trained(task, storeOf(task, new SyntheticEcg({ people: 8 })), 6);
    const watch = new AnomalyDetector(task);
    const seen = { early: 0, found: 0, ordinary: 0, alarms: 0 };
    for (const { window, readings } of cut(task, new SyntheticEcg({ people: [22, 23, 24, 25, 26] }))) {
      const { learning, anomaly } = watch.judge(window, program.predict(window, 1));
      if (learning) continue;
      const early = readings.filter(({ label }) => label === 'V').length;
      if (early === 0) {
        seen.ordinary++;
        if (anomaly) seen.alarms++;
      } else if (early > 50) {
        seen.early++;
        if (anomaly) seen.found++;
      }
    }
    assert.ok(seen.early > 20 && seen.found > 0.6 * seen.early, JSON.stringify(seen));
    assert.ok(seen.alarms < 0.03 * seen.ordinary, JSON.stringify(seen));
  });
});
