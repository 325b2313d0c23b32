import assert from 'node:assert/strict';
import { Windower } from '../../../../gateway/stream';
import { parseTask } from '../../../../gateway/task';

const taskWith = (more: object = {}) => ({
  name: 'stress',
  input: {
    channels: [
      { name: 'hr', centre: 80, spread: 10 },
      { name: 'age', side: true, centre: 40, spread: 20 },
    ],
    ...{ rateHz: 1, length: 4, hop: 4, normalisation: 'person' },
  },
  labels: ['rest', 'stress'],
  model: { preset: 'mlp' },
  ...more,
});

/** The windows of people, one value of the heart each second. */
function windowsOf(people: Readonly<Record<string, (second: number) => number>>, seconds: number) {
  const task = parseTask(taskWith());
  const windower = new Windower({ input: task.input, labels: task.labels });
  return Object.entries(people).flatMap(([subject, heart]) =>
    Array.from({ length: seconds }, (_, i) => [
      ...windower.push({ hr: heart(i), age: 60 }, { subject }),
    ]).flat(),
  );
}

const means = (windows: ReturnType<typeof windowsOf>) =>
  windows.map(({ window }) => (window[0]! + window[2]! + window[4]! + window[6]!) / 4);

describe("Normalisation by the person's own stream", () => {
  it("begins with the task's centre and spread, and ends at the person's", () => {
    const heart = (i: number) => 110 + 2 * (i % 2 === 0 ? 1 : -1);
    const windows = windowsOf({ a: heart }, 4 * 3000);
    const [first, last] = [windows[0]!, windows.at(-1)!];
    // One window beside five of the task.
    assert.ok(Math.abs(first.scaling.centre[0]! - (5 * 80 + 110) / 6) < 1e-9);
    assert.ok(Math.abs(last.scaling.centre[0]! - 110) < 0.5);
    assert.ok(last.scaling.spread[0]! < 3 && last.scaling.spread[0]! > 1.9, `${last.scaling.spread}`);
    assert.ok(means(windows)[0]! > 1 && Math.abs(means(windows).at(-1)!) < 0.2);
  });

  it('keeps people apart, and the side inputs at centre and spread of the task', () => {
    const alone = windowsOf({ b: () => 60 }, 40);
    const windows = windowsOf({ a: () => 120, b: () => 60 }, 40);
    assert.deepEqual(windows.slice(10), alone);
    assert.ok(windows.every(({ window }) => window[1] === 1));
  });

  it('does not blow up the noise of a sensor at rest', () => {
    const windows = windowsOf({ a: (i) => 80 + 0.001 * (i % 2) }, 4 * 2500);
    assert.ok(windows.at(-1)!.scaling.spread[0]! >= 0.5);
  });

  it('is refused for a forecast, whose values would have no unit', () => {
    const forecast = taskWith({ kind: 'forecast', labels: [], forecast: { horizon: 2 } });
    assert.throws(() => parseTask(forecast), {
      code: 'task-invalid',
      message: /input\.normalisation: is "person"/,
    });
  });
});
