import assert from 'node:assert/strict';
import { createEngine } from '../../../gateway/engine';
import { initialParameters, parameterLayout } from '../../../gateway/model';
import { SeededRandom } from '../../../gateway/platform';
import { carriedLayers, carryOver, parseTask, type Task, taskModel } from '../../../gateway/task';

const length = 32;
const random = new SeededRandom(3);

function taskOf(channels: string[], labels: string[], model: object, more: object = {}): Task {
  const input = { channels: channels.map((name) => ({ name })), rateHz: 50, length, hop: 8 };
  return parseTask({ name: 'moves', input, labels, model, ...more });
}

/** Parameters as training may leave them: not zero anywhere, variances positive. */
function learned(task: Task): Float32Array {
  const { tensors, size } = parameterLayout(taskModel(task));
  const parameters = Float32Array.from({ length: size }, () => 0.3 * random.normal());
  for (const { role, offset, size } of tensors)
    if (role === 'variance') for (let i = 0; i < size; i++) parameters[offset + i] = 0.5 + random.uniform();
  return parameters;
}

function carry(from: Task, parameters: Float32Array, to: Task) {
  const start = initialParameters(taskModel(to), to.seed);
  carryOver(from, parameters, to, start);
  return { parameters: start, ...carriedLayers(from, to) };
}

/** Windows of all channels by name; those that a task has, `[count, length, channels]`. */
function windowsOf(task: Task, values: Map<string, number[]>, count: number): Float32Array {
  const names = task.input.channels.map(({ name }) => name);
  return Float32Array.from(
    { length: count * length * names.length },
    (_, i) => values.get(names[i % names.length]!)![Math.floor(i / names.length)]!,
  );
}

function answers(task: Task, parameters: Float32Array, x: Float32Array, count: number): Float32Array {
  const program = createEngine().compile({ model: taskModel(task) });
  program.loadParameters(parameters);
  return program.predict(x, count);
}

const layers = [
  { type: 'batchnorm' },
  { type: 'depthwiseconv1d', kernel: 3 },
  { type: 'conv1d', filters: 6, kernel: 5 },
  { type: 'relu' },
  { type: 'globalaveragepool1d' },
  { type: 'dense', units: 3 },
];
const conv = (filters: number, kernel: number, more: object = {}) => ({
  type: 'conv1d',
  filters,
  kernel,
  ...more,
});
const branches = [
  conv(4, 5, { name: 'first' }),
  { type: 'branch', from: 'input' },
  { type: 'batchnorm' },
  conv(3, 3),
  { type: 'concat', with: 'first' },
  { type: 'relu' },
  { type: 'globalaveragepool1d' },
  { type: 'dense', units: 3 },
];
const models: [string, object][] = [
  ['branches that both begin at the input', { layers: branches }],
  ['cnn1d', { preset: 'cnn1d', size: 'S' }],
  ['mlp', { preset: 'mlp', size: 'S' }],
  ['gru', { preset: 'gru', size: 'S' }],
  ['ds-cnn1d', { preset: 'ds-cnn1d', size: 'S' }],
  ['layers that keep the channels apart first', { layers }],
];
const count = 4;
const values = new Map(
  ['a', 'b', 'c', 'd'].map((name) => [name, Array.from({ length: count * length }, () => random.normal())]),
);

describe('a model that is carried over to a changed task', () => {
  for (const [name, model] of models) {
    const labels = ['walk', 'sit', 'lie'];
    const old = taskOf(['a', 'b'], labels, model);
    const parameters = learned(old);
    const before = answers(old, parameters, windowsOf(old, values, count), count);

    it(`of ${name} answers as before when channels are added or change places`, () => {
      for (const channels of [
        ['a', 'b', 'c'],
        ['c', 'b', 'd', 'a'],
        ['b', 'a'],
      ]) {
        const task = taskOf(channels, labels, model);
        const carried = carry(old, parameters, task);
        assert.deepEqual(carried.fresh, []);
        assert.equal(carried.partly.length > 0, channels.length > 2);
        const after = answers(task, carried.parameters, windowsOf(task, values, count), count);
        after.forEach((value, i) => {
          assert.ok(Math.abs(value - before[i]!) < 1e-4, `${channels}: ${value}, before ${before[i]}`);
        });
      }
    });
  }

  const model = { preset: 'cnn1d', size: 'S' };
  const old = taskOf(['a', 'b'], ['walk', 'sit', 'lie'], model);
  const parameters = learned(old);
  const x = windowsOf(old, values, count);
  const before = answers(old, parameters, x, count);

  it('gives the labels that both tasks have the scores they had, one beside the other', () => {
    const labels = ['run', 'lie', 'walk', 'stand', 'sit'];
    const task = taskOf(['a', 'b'], labels, model);
    const carried = carry(old, parameters, task);
    assert.deepEqual(carried.partly, ['dense']);
    const after = answers(task, carried.parameters, x, count);
    for (let i = 0; i < count; i++) {
      // Scores are softmaxes over other labels: their ratios stay.
      const was = (label: string) => before[i * 3 + old.labels.indexOf(label)]!;
      const is = (label: string) => after[i * labels.length + labels.indexOf(label)]!;
      for (const label of ['sit', 'lie'])
        assert.ok(Math.abs(Math.log(is(label) / is('walk')) - Math.log(was(label) / was('walk'))) < 1e-3);
    }
  });

  it('forgets channels and labels that are gone', () => {
    const task = taskOf(['b'], ['sit', 'walk'], model);
    const carried = carry(old, parameters, task);
    assert.deepEqual(carried.fresh, []);
    const zeroed = new Map([...values, ['a', new Array<number>(count * length).fill(0)]]);
    const was = answers(old, parameters, windowsOf(old, zeroed, count), count);
    const is = answers(task, carried.parameters, windowsOf(task, values, count), count);
    for (let i = 0; i < count; i++)
      assert.ok(
        Math.abs(Math.log(is[i * 2]! / is[i * 2 + 1]!) - Math.log(was[i * 3 + 1]! / was[i * 3]!)) < 1e-3,
      );
  });

  it('leaves layers whose shapes do not fit as they are in a new model, and names them', () => {
    const larger = taskOf(['a', 'b'], ['walk', 'sit', 'lie'], { preset: 'cnn1d', size: 'M' });
    const carried = carry(old, parameters, larger);
    assert.ok(carried.fresh.includes('conv1d') && carried.kept.length + carried.partly.length < 5);
    assert.equal(carried.parameters.length, parameterLayout(taskModel(larger)).size);
  });

  it('starts fresh where channels lie beside features, unless they are the same', () => {
    const beside = {
      layers: [
        conv(4, 5),
        { type: 'concat', with: 'input' },
        conv(5, 3, { name: 'second' }),
        { type: 'globalaveragepool1d' },
        { type: 'dense', units: 3 },
      ],
    };
    const labels = ['walk', 'sit', 'lie'];
    const from = taskOf(['a', 'b'], labels, beside);
    const swapped = carriedLayers(from, taskOf(['b', 'a'], labels, beside));
    assert.deepEqual([swapped.kept, swapped.partly, swapped.fresh], [['conv1d', 'dense'], [], ['second']]);
    assert.deepEqual(carriedLayers(from, taskOf(['a', 'b'], labels, beside)).kept.length, 3);
  });

  it('keeps nothing of a model of other channels: what it has learned is about other signals', () => {
    const wearable = taskOf(['acc_x', 'acc_y'], ['walk', 'sit'], { preset: 'features', size: 'S' });
    const ecg = taskOf(['ecg', 'rr'], ['N', 'V', 'S'], { preset: 'features', size: 'S' });
    for (const [from, to] of [
      [wearable, ecg],
      [taskOf(['a', 'b'], ['walk', 'sit'], model), taskOf(['c', 'd'], ['walk', 'sit'], model)],
    ] as const) {
      const { kept, partly, fresh } = carriedLayers(from, to);
      assert.deepEqual([kept, partly], [[], []]);
      assert.ok(fresh.length > 0);
      const start = initialParameters(taskModel(to), to.seed);
      const untouched = [...start];
      carryOver(from, learned(from), to, start);
      assert.deepEqual([...start], untouched);
    }
  });

  it('keeps nothing of a layer whose kernel does not fit, and no label of those that are gone', () => {
    // The statistics of an added channel stand between those of the others.
    const from = taskOf(['a', 'b'], ['walk', 'sit'], { preset: 'features', size: 'S' });
    assert.deepEqual(
      carriedLayers(from, taskOf(['a', 'b', 'c'], ['walk', 'sit'], { preset: 'features', size: 'S' })).partly,
      [],
    );
    const { kept, partly, fresh } = carriedLayers(old, taskOf(['a', 'b'], ['run', 'lie down'], model));
    assert.deepEqual([partly, fresh], [[], ['dense']]);
    assert.ok(kept.includes('conv1d'));
  });

  it('is the whole model if the task has only another seed', () => {
    const carried = carry(old, parameters, taskOf(['a', 'b'], ['walk', 'sit', 'lie'], model, { seed: 9 }));
    assert.deepEqual([...carried.parameters], [...parameters]);
    assert.deepEqual([carried.partly, carried.fresh], [[], []]);
  });
});
