import assert from 'node:assert/strict';
import { Augmenter, createEngine } from '../../../../gateway/engine';
import { densePlan, parameterLayout } from '../../../../gateway/model';
import { SeededRandom } from '../../../../gateway/platform';
import { parseTask, resolveAugmentation, taskModel } from '../../../../gateway/task';

const length = 32;
const channels = [
  { name: 'acc_x', unit: 'g', centre: 1, spread: 0.5 },
  { name: 'acc_y', unit: 'g', centre: 0, spread: 0.25 },
  { name: 'acc_z', unit: 'g', centre: 0.1, spread: 1 },
];
const taskWith = (augmentation: string[]) =>
  parseTask({
    name: 'varied',
    input: { channels, rateHz: 50, length, hop: length },
    labels: ['a', 'b'],
    model: { preset: 'cnn1d' },
    training: { augmentation },
  });
const augmenterOf = (...augmentation: string[]) => {
  const plan = resolveAugmentation(taskWith(augmentation));
  assert.ok(plan);
  return new Augmenter(plan, length);
};
const random = new SeededRandom(3);
const window = Float32Array.from({ length: length * 3 }, () => random.normal());
const changed = (augmenter: Augmenter, seed = 1, step = 1, place = 0) => {
  const out = new Float32Array(window.length);
  augmenter.write(window, 0, out, 0, { seed, step }, place);
  return out;
};
/** The readings in the sensor's unit, `[length][3]`. */
const measured = (values: Float32Array) =>
  Array.from({ length }, (_, t) =>
    channels.map(({ centre, spread }, c) => values[t * 3 + c]! * spread + centre),
  );
const norm = (row: number[]) => Math.hypot(...row);

describe('the augmenter', () => {
  it('gives the same window for the same seed, step and place, and another for any other', () => {
    const augmenter = augmenterOf('jitter', 'scale', 'rotation', 'warp', 'shift');
    const first = changed(augmenter, 5, 2, 7);
    assert.deepEqual(changed(augmenter, 5, 2, 7), first);
    for (const other of [
      changed(augmenter, 6, 2, 7),
      changed(augmenter, 5, 3, 7),
      changed(augmenter, 5, 2, 8),
    ])
      assert.notDeepEqual(other, first);
  });

  it('leaves the window itself as it is', () => {
    const before = window.slice();
    changed(augmenterOf('jitter', 'scale', 'rotation', 'warp', 'shift'));
    assert.deepEqual(window, before);
  });

  it('adds noise of at most the strength, of mean 0', () => {
    const out = changed(augmenterOf('jitter 0.3'));
    const noise = out.map((value, i) => value - window[i]!);
    assert.ok(noise.every((value) => Math.abs(value) <= 0.3 + 1e-6));
    assert.ok(Math.abs(noise.reduce((sum, value) => sum + value, 0) / noise.length) < 0.06);
    assert.ok(Math.max(...noise) > 0.2);
  });

  it('multiplies what a sensor measured, all axes by one factor', () => {
    const [before, after] = [measured(window), measured(changed(augmenterOf('scale 0.2')))];
    const factors = after.flatMap((row, t) => row.map((value, c) => value / before[t]![c]!));
    assert.ok(Math.abs(factors[0]! - 1) > 1e-4 && Math.abs(factors[0]! - 1) <= 0.2);
    for (const factor of factors) assert.ok(Math.abs(factor - factors[0]!) < 1e-3, `${factor}`);
  });

  it("turns the axes in the sensor's unit: lengths and angles between readings stay", () => {
    const [before, after] = [measured(window), measured(changed(augmenterOf('rotation 40')))];
    const dot = (rows: number[][], t: number) =>
      rows[t]!.reduce((sum, value, c) => sum + value * rows[t + 1]![c]!, 0);
    for (let t = 0; t < length - 1; t++) {
      assert.ok(Math.abs(norm(before[t]!) - norm(after[t]!)) < 1e-5);
      assert.ok(Math.abs(dot(before, t) - dot(after, t)) < 1e-5);
    }
    assert.ok(after.some((row, t) => Math.abs(row[0]! - before[t]![0]!) > 0.01));
  });

  it('turns by at most the angle around each axis', () => {
    const augmenter = augmenterOf('rotation 10');
    let largest = 0;
    for (let place = 0; place < 200; place++) {
      const [before, after] = [measured(window), measured(changed(augmenter, 1, 1, place))];
      const cosine =
        before[0]!.reduce((sum, value, c) => sum + value * after[0]![c]!, 0) /
        norm(before[0]!) /
        norm(after[0]!);
      largest = Math.max(largest, (Math.acos(Math.min(1, cosine)) * 180) / Math.PI);
    }
    assert.ok(largest > 5 && largest < 10 * Math.sqrt(3) + 0.1, `${largest}`);
  });

  it('shifts and stretches a straight line into straight lines within its range', () => {
    const augmenter = augmenterOf('warp 0.2', 'shift 0.2');
    const line = Float32Array.from({ length: length * 3 }, (_, i) => Math.floor(i / 3));
    const out = new Float32Array(line.length);
    augmenter.write(line, 0, out, 0, { seed: 1, step: 1 }, 0);
    const course = Array.from({ length }, (_, t) => out[t * 3]!);
    assert.ok(course.every((value) => value >= 0 && value <= length - 1));
    const middle = course.slice(8, 24);
    const slopes = middle.slice(1).map((value, t) => value - middle[t]!);
    assert.ok(slopes.every((slope) => Math.abs(slope - slopes[0]!) < 1e-4));
    assert.ok(Math.abs(slopes[0]! - 1) <= 0.2 && Math.abs(slopes[0]! - 1) > 1e-4);
  });

  it('changes what a round learns, whatever the micro-batch, and not how its loss is measured', () => {
    const task = taskWith(['jitter', 'scale', 'rotation', 'warp', 'shift']);
    const model = taskModel(task);
    const layout = parameterLayout(model);
    const x = Float32Array.from({ length: 24 * window.length }, () => random.normal());
    const y = Uint16Array.from({ length: 24 }, (_, i) => i % 2);
    const parameters = Float32Array.from({ length: layout.size }, () => 0.2 * random.normal());
    const train = (microBatch: number, varied: boolean) => {
      const program = createEngine('javascript').compile({
        model,
        plan: densePlan(layout, microBatch),
        batchSize: 8,
      });
      program.loadParameters(parameters);
      const augmentation = varied ? resolveAugmentation(task) : undefined;
      return program.train({ count: 24, x, y }, { epochs: 1, learningRate: 0.05, seed: 9, augmentation });
    };
    const [plain, whole, parts] = [train(8, false), train(8, true), train(2, true)];
    assert.equal(whole.lossBefore, plain.lossBefore);
    assert.notDeepEqual(whole.delta, plain.delta);
    whole.delta.forEach((value, i) => {
      assert.ok(Math.abs(value - parts.delta[i]!) < 1e-5, `${i}: ${value} and ${parts.delta[i]}`);
    });
  });
});
