import assert from 'node:assert/strict';
import { describeAugmentation, parseTask, resolveAugmentation, type TaskInput } from '../../../gateway/task';

const axes = (sensor: string, unit: string) =>
  ['x', 'y', 'z'].map((axis) => ({ name: `${sensor}_${axis}`, unit }));
const motion = [...axes('acc', 'g'), ...axes('gyro', 'rad/s')];

function task(
  channels: TaskInput['input']['channels'],
  augmentation?: NonNullable<TaskInput['training']>['augmentation'],
  more: Partial<Omit<TaskInput, 'input'>> & { input?: Partial<TaskInput['input']> } = {},
) {
  const { input, ...rest } = more;
  return parseTask({
    name: 'varied',
    input: { channels, rateHz: 50, length: 64, hop: 32, ...input },
    labels: ['a', 'b'],
    model: { preset: 'cnn1d' },
    training: augmentation === undefined ? {} : { augmentation },
    ...rest,
  });
}

describe('the augmentation of a task', () => {
  for (const [what, channels, expected] of [
    ['all of it for motion', motion, 'jitter 0.1, scale 0.1, rotation 15, warp 0.1, shift 0.1'],
    [
      'no rotation where an axis is missing',
      axes('acc', 'g').slice(1),
      'jitter 0.1, scale 0.1, warp 0.1, shift 0.1',
    ],
    ['none for a heartbeat', [{ name: 'ecg', unit: 'mV' }], 'none'],
    ['none where a level is among the channels', [...motion, { name: 'hr', unit: 'bpm' }], 'none'],
  ] as const) {
    it(`is, by auto, ${what}`, () => {
      assert.equal(describeAugmentation(task([...channels])), expected);
    });
  }

  it('is none, by auto, for pictures, tables, forecasts and anomalies', () => {
    assert.equal(
      describeAugmentation(task(motion, 'auto', { input: { length: 1, hop: 1 }, model: { preset: 'mlp' } })),
      'none',
    );
    assert.equal(
      describeAugmentation(
        task(motion, 'auto', { input: { length: 64 }, model: { preset: 'mobilenet-tiny' } }),
      ),
      'none',
    );
    for (const more of [
      { kind: 'forecast', forecast: { horizon: 4 }, model: { preset: 'mlp' } },
      { kind: 'anomaly', model: { preset: 'autoencoder1d' } },
    ] as const)
      assert.equal(describeAugmentation(task(motion, 'auto', { ...more, labels: [] })), 'none');
  });

  it('is by name, with a strength behind it', () => {
    assert.equal(describeAugmentation(task(motion, ['rotation 20', 'jitter'])), 'rotation 20, jitter 0.1');
    assert.equal(resolveAugmentation(task(motion, 'none')), undefined);
    assert.equal(resolveAugmentation(task(motion, ['none'])), undefined);
  });

  it('leaves channels alone whose level is what they measure, and turns sensors only', () => {
    const channels = [{ name: 'temp', unit: 'degC' }, ...axes('acc', 'g')];
    const plan = resolveAugmentation(task(channels, ['scale 0.2', 'rotation']));
    assert.deepEqual(plan?.scale, [0, 0.2, 0.2, 0.2]);
    assert.deepEqual(plan?.devices, [[[1, 2, 3]]]);
    assert.deepEqual(plan?.sensor, [0, 1, 1, 1]);
  });

  it('turns the sensors of one device together, and devices apart', () => {
    const plan = resolveAugmentation(
      task(
        [...axes('wrist_acc', 'g'), ...axes('ankle_acc', 'g'), ...axes('wrist_gyro', 'rad/s')],
        ['rotation'],
      ),
    );
    assert.deepEqual(plan?.devices, [
      [
        [0, 1, 2],
        [6, 7, 8],
      ],
      [[3, 4, 5]],
    ]);
  });

  for (const [what, make, expected] of [
    [
      'rotation of a temperature',
      () => task([{ name: 'temp', unit: 'degC' }], ['rotation']),
      /augmentation\.0: "rotation" makes no sense for "temp" \(degC\): expected axes x, y and z/,
    ],
    [
      'scale of a temperature without a unit',
      () => task([{ name: 'skin_temp' }, { name: 'Temperatur' }], ['scale']),
      /augmentation\.0: "scale" makes no sense for "skin_temp", "Temperatur"/,
    ],
    [
      'scale of a pulse',
      () => task([{ name: 'hr', unit: 'bpm' }], ['jitter', 'scale']),
      /augmentation\.1: "scale" makes no sense for "hr" \(bpm\)/,
    ],
    [
      'rotation of windows without a level',
      () => task(motion, ['rotation'], { input: { normalisation: 'window' } }),
      /normalisation "window"/,
    ],
    [
      'warp of a short window',
      () => task(motion, ['warp'], { input: { length: 8, hop: 8 }, model: { preset: 'mlp' } }),
      /16 readings or more, the task has 8/,
    ],
    [
      'shift of a picture',
      () => task(motion, ['shift'], { model: { preset: 'mobilenet-tiny' } }),
      /takes a picture/,
    ],
    [
      'a name twice',
      () => task(motion, ['jitter', 'jitter 0.2']),
      /augmentation\.1: "jitter" is there twice/,
    ],
    ['an unknown name', () => task(motion, ['mixup']), /augmentation/],
    ['a strength too large', () => task(motion, ['shift 0.8']), /at most 0\.5 for "shift", got 0\.8/],
    ['none beside others', () => task(motion, ['none', 'jitter']), /"none" stands alone/],
    [
      'a forecast',
      () =>
        task(motion, ['jitter'], {
          kind: 'forecast',
          forecast: { horizon: 4 },
          labels: [],
          model: { preset: 'mlp' },
        }),
      /is for classifications/,
    ],
  ] as const) {
    it(`is refused for ${what}`, () => {
      assert.throws(make, expected);
    });
  }
});
