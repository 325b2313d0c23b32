import assert from 'node:assert/strict';
import { type LabelledWindow, Windower, type WindowerOptions } from '../../../../gateway/stream';
import { modelKey, parseTask, type TaskInput, taskModel } from '../../../../gateway/task';
import { resolveAugmentation } from '../../../../gateway/task/augmentation';

const channels: TaskInput['input']['channels'] = [
  { name: 'acc' },
  { name: 'spo2', centre: 97, spread: 2 },
  { name: 'spo2 known', presence: { of: 'spo2', as: 'known' } },
  { name: 'spo2 since', unit: 's', presence: { of: 'spo2', as: 'since' } },
];
const taskWith = ({ input, ...more }: Partial<Omit<TaskInput, 'input'>> & { input?: object } = {}) =>
  parseTask({
    name: 'clinic',
    input: { channels, rateHz: 2, length: 4, hop: 4, normalisation: 'none', ...input },
    labels: ['rest', 'walk'],
    model: { preset: 'features' },
    ...more,
  });

const windowerOf = (options: Partial<WindowerOptions> = {}) =>
  new Windower({ input: taskWith().input, labels: [], ...options });

/** Columns of a window: acc, spo2, known, since. */
const columns = ({ window }: LabelledWindow) =>
  channels.map((_, c) => Array.from({ length: 4 }, (__, row) => window[row * 4 + c]!));

describe('a channel that may go without values', () => {
  const at = (i: number, spo2?: number) => ({ acc: i, ...(spo2 !== undefined && { spo2 }), time: i * 500 });

  it('keeps its last value within the window, and two channels say where it had one, and how long ago', () => {
    const windower = windowerOf();
    const windows = [at(0), at(1, 95), at(2), at(3), at(4), at(5), at(6), at(7, 93)].flatMap((reading) => [
      ...windower.push(reading),
    ]);
    windows.push(...windower.flush());
    assert.deepEqual(columns(windows[0]!), [
      [0, 1, 2, 3],
      // Before the first value its centre.
      [97, 95, 95, 95],
      [0, 1, 0, 0],
      [2, 0, 0.5, 1],
    ]);
    // Nothing of the window before.
    assert.deepEqual(columns(windows[1]!), [
      [4, 5, 6, 7],
      [97, 97, 97, 93],
      [0, 0, 0, 1],
      [2, 2, 2, 0],
    ]);
    assert.equal(windower.counts.refused.missing, 0);
  });

  it('never gets a value of another person', () => {
    const windower = windowerOf();
    const windows = [0, 1, 2, 3].flatMap((i) => [
      ...windower.push([i, 90], { subject: 'anna', time: i * 500 }),
      ...windower.push([i, null], { subject: 'ben', time: i * 500 }),
    ]);
    windows.push(...windower.flush());
    const ben = windows.find(({ subject }) => subject === 'ben');
    assert.deepEqual(ben && columns(ben).slice(1), [
      [97, 97, 97, 97],
      [0, 0, 0, 0],
      [2, 2, 2, 2],
    ]);
  });

  it('has its values at their times where one row per period is made', () => {
    const windower = windowerOf({ holdMs: 10_000 });
    const windows = [0, 1, 2, 3, 4].flatMap((i) => [
      ...windower.push(i === 1 ? { acc: i, spo2: 95 } : { acc: i }, { time: i * 500, receivedMs: i * 500 }),
    ]);
    assert.deepEqual(columns(windows[0]!).slice(1, 3), [
      [97, 95, 95, 95],
      [0, 1, 0, 0],
    ]);
  });

  it('is part of what names a model, and what presets see', () => {
    const without = taskWith({ input: { channels: channels.slice(0, 2) } });
    assert.notEqual(modelKey(taskWith()), modelKey(without));
    for (const preset of ['features', 'cnn1d', 'gru'] as const) {
      const task = taskWith({ model: { preset }, input: { length: 64, hop: 64 } });
      assert.deepEqual(taskModel(task).input, [64, 4]);
    }
  });

  it('leaves presence as it is where windows are varied', () => {
    const moving = ['x', 'y', 'z'].map((axis) => ({ name: `acc_${axis}`, unit: 'g' }));
    const known = { name: 'known', presence: { of: 'acc_x', as: 'known' as const } };
    const plan = resolveAugmentation(taskWith({ input: { channels: [...moving, known], length: 64 } }));
    assert.deepEqual(plan?.jitter, [0.1, 0.1, 0.1, 0]);
    assert.deepEqual(plan?.scale, [0.1, 0.1, 0.1, 0]);
  });

  const wrong: [string, Parameters<typeof taskWith>[0], RegExp][] = [
    [
      'of a channel that is not measured',
      { input: { channels: [{ name: 'a' }, { name: 'k', presence: { of: 'b', as: 'known' } }] } },
      /input\.channels\.1\.presence\.of: is "b", expected one of a/,
    ],
    [
      'of a side input',
      { input: { channels: [...channels.slice(0, 3), { ...channels[3]!, side: true }] } },
      /input\.channels\.3\.side: is true/,
    ],
    ['with normalisation by the window', { input: { normalisation: 'window' } }, /normalisation "window"/],
    [
      'with windows at beats',
      { input: { cut: { kind: 'marks', before: 1 } } },
      /presence: is there, expected none with windows at marks/,
    ],
    [
      'in a forecast of all channels',
      { kind: 'forecast', labels: [], forecast: { horizon: 1 }, model: { preset: 'mlp' } },
      /expected forecast\.channels to name measured channels/,
    ],
    [
      'as what is predicted',
      {
        kind: 'forecast',
        labels: [],
        forecast: { horizon: 1, channels: ['spo2 known'] },
        model: { preset: 'mlp' },
      },
      /forecast\.channels: "spo2 known" is not measured, expected some of acc,spo2/,
    ],
  ];
  for (const [name, task, error] of wrong)
    it(`is refused ${name}`, () => {
      assert.throws(() => taskWith(task), error);
    });
});
