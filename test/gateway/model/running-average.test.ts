import assert from 'node:assert/strict';
import { moveAverage } from '../../../gateway/model';
import { runSync, SeededRandom, stepNumbers } from '../../../gateway/platform';

const size = stepNumbers + 3;

/** Versions 0 to 5 of a model of random parameters. */
function versions(): Float32Array[] {
  const random = new SeededRandom(4);
  return Array.from({ length: 6 }, () => Float32Array.from({ length: size }, () => random.normal()));
}

describe('the running average', () => {
  it('is the plain mean of the versions while there are no more of them than it leans on', () => {
    const [first, ...later] = versions() as [Float32Array, ...Float32Array[]];
    const average = first.slice();
    later.forEach((parameters, i) => {
      runSync(moveAverage(average, parameters, i + 1, 100));
    });
    for (const at of [0, 1, stepNumbers - 1, stepNumbers, size - 1]) {
      const mean = [first, ...later].reduce((sum, values) => sum + values[at]!, 0) / (later.length + 1);
      assert.ok(Math.abs(average[at]! - mean) < 1e-6, `${average[at]} at ${at}, expected ${mean}`);
    }
  });

  it('moves by a fixed share of the way later, and is the version itself if it leans on one', () => {
    const [before, parameters] = versions() as [Float32Array, Float32Array];
    const average = before.slice();
    runSync(moveAverage(average, parameters, 50, 4));
    average.forEach((value, i) => {
      assert.equal(value, Math.fround(before[i]! + (parameters[i]! - before[i]!) / 4));
    });
    runSync(moveAverage(average, parameters, 51, 1));
    average.forEach((value, i) => {
      assert.ok(Math.abs(value - parameters[i]!) <= 2 ** -23 * Math.abs(parameters[i]!) + 1e-7);
    });
  });

  it('pauses before each portion', () => {
    const [average, parameters] = versions() as [Float32Array, Float32Array];
    const steps = moveAverage(average, parameters, 1, 10);
    let pauses = 0;
    while (!steps.next().done) pauses++;
    assert.equal(pauses, 2);
  });
});
