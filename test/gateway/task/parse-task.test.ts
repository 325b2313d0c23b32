import assert from 'node:assert/strict';
import { parameterLayout, sampleRows } from '../../../gateway/model';
import {
  parseTask,
  presetNames,
  presetSizes,
  taskLoss,
  taskModel,
  taskOutputs,
  taskSampleRows,
  taskTarget,
} from '../../../gateway/task';

const channel = (name: string) => ({ name });
const input = { channels: [channel('a'), channel('b'), channel('c')], rateHz: 50, length: 16, hop: 8 };
const mlp = { preset: 'mlp' };
const classification = { name: 'moves', input, labels: ['walk', 'sit'], model: mlp };
const forecast = { name: 'next', kind: 'forecast', input, forecast: { horizon: 2 }, model: mlp };
const anomaly = { name: 'odd', kind: 'anomaly', input, model: mlp };

describe('A task that fits', () => {
  const fits: [
    title: string,
    task: object,
    wanted: { loss: string; outputs: number; rows: number; target: object },
  ][] = [
    [
      'a classification',
      classification,
      { loss: 'softmax-cross-entropy', outputs: 2, rows: 16, target: { kind: 'class' } },
    ],
    [
      'a classification by one yes or no',
      { ...classification, training: { loss: 'binary-cross-entropy' } },
      { loss: 'binary-cross-entropy', outputs: 1, rows: 16, target: { kind: 'class' } },
    ],
    [
      'a classification by a yes or no a label',
      { ...classification, labels: ['x', 'y', 'z'], training: { loss: 'binary-cross-entropy' } },
      { loss: 'binary-cross-entropy', outputs: 3, rows: 16, target: { kind: 'class' } },
    ],
    [
      'a forecast of all channels',
      forecast,
      {
        loss: 'mean-squared-error',
        outputs: 6,
        rows: 18,
        target: { kind: 'following', rows: 2, channels: [0, 1, 2] },
      },
    ],
    [
      'a forecast of chosen channels, in their order',
      { ...forecast, forecast: { horizon: 3, channels: ['c', 'a'] }, training: { loss: 'huber' } },
      { loss: 'huber', outputs: 6, rows: 19, target: { kind: 'following', rows: 3, channels: [2, 0] } },
    ],
    [
      'a search for anomalies',
      anomaly,
      { loss: 'mean-squared-error', outputs: 48, rows: 16, target: { kind: 'input' } },
    ],
  ];
  for (const [title, task, { loss, outputs, rows, target }] of fits) {
    it(`is ${title}, with its loss, outputs, target and the rows of a sample`, () => {
      const parsed = parseTask(task);
      assert.equal(taskLoss(parsed), loss);
      assert.equal(taskOutputs(parsed), outputs);
      assert.equal(taskSampleRows(parsed), rows);
      assert.deepEqual(taskTarget(parsed), target);
      const model = taskModel(parsed);
      assert.deepEqual([model.loss, model.outputs, sampleRows(model)], [loss, outputs, rows]);
      assert.deepEqual(model.target, target);
    });
  }

  it('is the same when its defaults are written out', () => {
    const once = parseTask(classification);
    assert.deepEqual(parseTask(JSON.parse(JSON.stringify(once))), once);
  });

  it('has every preset at every size, on the input it is made for', () => {
    const pictures = {
      ...input,
      channels: [channel('r'), channel('g'), channel('b')],
      length: 1024,
      hop: 1024,
    };
    for (const preset of presetNames) {
      const made =
        preset === 'autoencoder1d'
          ? anomaly
          : preset === 'mobilenet-tiny'
            ? { ...classification, input: pictures }
            : classification;
      const sizes = presetSizes.map((size) => {
        const model = taskModel(parseTask({ ...made, model: { preset, size } }));
        return parameterLayout(model).size;
      });
      assert.ok(sizes[0]! < sizes[1]! && sizes[1]! < sizes[2]!, `${preset}: ${sizes} parameters`);
    }
  });
});

describe('A task that does not fit', () => {
  const refused: [title: string, task: unknown, field: string, message: RegExp][] = [
    ['nothing', undefined, 'task', /object/],
    [
      'a label that is no key',
      { ...classification, labels: ['walk', '__proto__'] },
      'labels.1',
      /another name/,
    ],
    ['no name', { ...classification, name: '' }, 'name', /name/],
    ['a field that is not known', { ...classification, colour: 'red' }, 'colour', /colour/],
    [
      'no channels',
      { ...classification, input: { ...input, channels: [] } },
      'input.channels',
      /input\.channels/,
    ],
    [
      'a channel twice',
      { ...classification, input: { ...input, channels: [channel('a'), channel('a')] } },
      'input.channels',
      /"a" is there twice/,
    ],
    [
      'a channel without spread',
      { ...classification, input: { ...input, channels: [{ name: 'a', spread: 0 }] } },
      'input.channels.0.spread',
      /expected a number above 0, got 0/,
    ],
    [
      'half a reading',
      { ...classification, input: { ...input, length: 1.5 } },
      'input.length',
      /expected a whole number, got 1.5/,
    ],
    [
      'one label',
      { ...classification, labels: ['walk'] },
      'labels',
      /expected 2 or more for a classification, got 1/,
    ],
    ['a label twice', { ...classification, labels: ['walk', 'walk'] }, 'labels', /"walk" is there twice/],
    [
      'labels of a forecast',
      { ...forecast, labels: ['walk', 'sit'] },
      'labels',
      /expected none, as kind "forecast" learns without labels, got 2/,
    ],
    [
      'labels of a search for anomalies',
      { ...anomaly, labels: ['ok'] },
      'labels',
      /expected none, as kind "anomaly" .*, got 1/,
    ],
    [
      'a forecast without a horizon',
      { ...forecast, forecast: undefined },
      'forecast',
      /is missing, expected \{ horizon \} for kind "forecast"/,
    ],
    [
      'a horizon of a classification',
      { ...classification, forecast: { horizon: 1 } },
      'forecast',
      /belongs to kind "forecast", the task is "classification"/,
    ],
    [
      'false alarms of a forecast',
      { ...forecast, anomaly: { falseAlarms: 0.01 } },
      'anomaly',
      /belongs to kind "anomaly", the task is "forecast"/,
    ],
    [
      'a forecast of a channel that is not there',
      { ...forecast, forecast: { horizon: 1, channels: ['a', 'd'] } },
      'forecast.channels.1',
      /"d" is not a channel, expected one of a, b, c/,
    ],
    [
      'a forecast of a channel twice',
      { ...forecast, forecast: { horizon: 1, channels: ['b', 'b'] } },
      'forecast.channels.1',
      /"b" is there twice/,
    ],
    [
      'a loss of values for labels',
      { ...classification, training: { loss: 'huber' } },
      'training.loss',
      /"huber" does not suit kind "classification", expected one of auto, softmax-cross-entropy, binary-cross-entropy/,
    ],
    [
      'a loss of labels for a forecast',
      { ...forecast, training: { loss: 'softmax-cross-entropy' } },
      'training.loss',
      /does not suit kind "forecast", expected one of auto, mean-squared-error, huber/,
    ],
    [
      'a loss of labels for anomalies',
      { ...anomaly, training: { loss: 'binary-cross-entropy' } },
      'training.loss',
      /does not suit kind "anomaly"/,
    ],
    ['a preset that is not known', { ...classification, model: { preset: 'resnet' } }, 'model.preset', /mlp/],
    [
      'a layer whose setting is wrong, by its place',
      { ...classification, model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 0 }] } },
      'model.layers.1.units',
      /expected a number of at least 1, got 0/,
    ],
    [
      'a layer with a setting that belongs to another',
      { ...classification, model: { layers: [{ type: 'relu', units: 3 }] } },
      'model.layers.0.units',
      /units/,
    ],
  ];
  for (const [title, task, field, message] of refused) {
    it(`is refused for ${title}, which the error names`, () => {
      assert.throws(
        () => parseTask(task),
        (error: { code?: string; details?: { field?: string }; message: string }) => {
          assert.equal(error.code, 'task-invalid');
          assert.match(error.message, message);
          assert.ok(error.message.startsWith(`${field}:`), error.message);
          return true;
        },
      );
    });
  }

  it('is refused if its layers give another number of outputs than it expects', () => {
    const model = { layers: [{ type: 'flatten' }, { type: 'dense', units: 3 }] };
    assert.throws(() => parseTask({ ...classification, model }), {
      code: 'model-invalid',
      message: /the last layer gives \[3\], the task expects \[2\]/,
    });
    // Values may come in any shape of the right size; labels may not.
    const rows = { layers: [{ type: 'conv1d', filters: 3, kernel: 3 }] };
    assert.doesNotThrow(() => parseTask({ ...anomaly, model: rows }));
    assert.throws(
      () => parseTask({ ...classification, labels: Array(48).fill(0).map(String), model: rows }),
      {
        code: 'task-invalid',
      },
    );
    const many = Array.from({ length: 48 }, (_, i) => `label ${i}`);
    assert.throws(() => parseTask({ ...classification, labels: many, model: rows }), {
      code: 'model-invalid',
      message: /gives \[16,3\], the task expects \[48\]/,
    });
  });
});
