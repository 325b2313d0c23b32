import assert from 'node:assert/strict';
import { classification, forecast } from '../../../gateway/prediction/answers';
import type { TaskInput } from '../../../gateway/task';
import { tinyTask } from '../participant/tools';

const channels = [
  { name: 'hr', unit: 'bpm', centre: 80, spread: 10 },
  { name: 'spo2', unit: '%', centre: 97, spread: 2 },
];
const input = { channels, rateHz: 2, length: 8, hop: 8 };
const layers = (units: number) => [{ type: 'flatten' as const }, { type: 'dense' as const, units }];
const forecastTask = (more: Partial<TaskInput> = {}) =>
  tinyTask({
    kind: 'forecast',
    input,
    labels: [],
    forecast: { horizon: 3, channels: ['spo2', 'hr'] },
    model: { layers: layers(6) },
    ...more,
  });

describe('the prediction from a window', () => {
  it('is a label with both scores if there are two labels and one output', () => {
    const task = tinyTask({
      training: { loss: 'binary-cross-entropy' },
      model: { layers: layers(1) },
    });
    const { label, scores, confidence } = classification(task, Float32Array.of(0.75));
    assert.equal(label, 'moving');
    assert.deepEqual(scores, { still: 0.25, moving: 0.75 });
    assert.equal(confidence, 0.75);
    assert.equal(classification(task, Float32Array.of(0.25)).label, 'still');
  });

  // The layout of the model: [row, (spo2, hr)].
  const outputs = Float32Array.of(0, 1, 0.5, 2, -1, 3);

  it('is the next values of the chosen channels, in their units, with their times', () => {
    const { values, times } = forecast(forecastTask(), outputs, { endMs: 10_000 });
    assert.deepEqual(values, { spo2: [97, 98, 95], hr: [90, 100, 110] });
    assert.deepEqual(times, [10_500, 11_000, 11_500]);
    assert.equal(forecast(forecastTask(), outputs, {}).times, undefined);
  });

  it('undoes the normalisation of the window, and is marked if that is not known', () => {
    const task = forecastTask({ input: { ...input, normalisation: 'window' } });
    const scaling = { centre: [70, 90], spread: [2, 4] };
    const known = forecast(task, outputs, { scaling });
    assert.deepEqual(known.values, { spo2: [90, 92, 86], hr: [72, 74, 76] });
    assert.equal(known.normalised, undefined);
    const unknown = forecast(task, outputs, {});
    const other = { centre: [70], spread: [2] };
    assert.deepEqual(forecast(task, outputs, { scaling: other }), unknown, 'a scaling of other channels');
    assert.deepEqual(unknown.values, { spo2: [0, 0.5, -1], hr: [1, 2, 3] });
    assert.equal(unknown.normalised, true);
    const plain = forecastTask({ input: { ...input, normalisation: 'none' } });
    assert.deepEqual(forecast(plain, outputs, { scaling }).values, unknown.values);
  });
});
