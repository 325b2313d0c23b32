import assert from 'node:assert/strict';
import { parseTask, taskModel } from '../../../gateway/task';

const ecg = { name: 'ecg' };
const age = { name: 'age', side: true };
const taskWith = (channels: object[], more: object = {}) => ({
  name: 'beats',
  input: { channels, rateHz: 125, length: 32, hop: 32, ...more },
  labels: ['N', 'V'],
  model: { preset: 'features' },
});

describe('Side inputs of a task', () => {
  it('are taken as they are by a model over statistics, behind the signals', () => {
    const { layers, shapes } = taskModel(parseTask(taskWith([ecg, age, { name: 'rr', side: true }])));
    const alone = taskModel(parseTask(taskWith([ecg])));
    assert.deepEqual(layers[0], { ...alone.layers[0], side: 2 });
    assert.equal(shapes[0]?.[0], alone.shapes[0]![0]! + 2);
  });

  it('are nearly all that a model over statistics sees of windows at beats', () => {
    const channels = [ecg, { name: 'rr_before', side: true }, { name: 'unusual', side: true }];
    const { layers } = taskModel(parseTask(taskWith(channels, { cut: { kind: 'beats', before: 10 } })));
    assert.deepEqual(
      layers.map((layer) => [layer.type, 'statistics' in layer && layer.statistics]),
      [
        ['features', ['deviation']],
        ['dense', false],
      ],
    );
  });

  it('take no part in a magnitude', () => {
    const axes = ['acc_x', 'acc_y', 'acc_z'].map((name) => ({ name }));
    const spec = taskModel(parseTask(taskWith([...axes, age]))).layers[0];
    assert.ok(spec?.type === 'features');
    assert.deepEqual([spec.magnitudes, spec.side], [[0], 1]);
  });

  const refused: [title: string, task: object, message: RegExp][] = [
    ['without a signal', taskWith([age]), /channels\.0\.side: is true, expected a signal first/],
    ['before a signal', taskWith([ecg, age, { name: 'b' }]), /channels\.2: .* after the side input "age"/],
    ['of which nothing is left', taskWith([ecg, age], { normalisation: 'window' }), /constant in a window/],
  ];
  for (const [title, task, message] of refused)
    it(`are refused ${title}`, () => {
      assert.throws(() => parseTask(task), { code: 'task-invalid', message });
    });
});
