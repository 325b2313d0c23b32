import assert from 'node:assert/strict';
import { createEngine, type Samples } from '../../../gateway/engine';
import { densePlan, initialParameters, parameterLayout, resolveModel } from '../../../gateway/model';
import { SeededRandom } from '../../../gateway/platform';
import { type PresetName, presetLayers } from '../../../gateway/task';

const input = [32, 2] as const;
const classes = 2;

/** Windows of noise with a peak in each channel; the label says which of the two comes first, rows before the end. */
function peaks(count: number, seed: number): Samples {
  const random = new SeededRandom(seed);
  const [length, channels] = input;
  const x = Float32Array.from({ length: count * length * channels }, () => 0.2 * random.normal());
  const y = Uint16Array.from({ length: count }, (_, i) => {
    const first = random.integer(2);
    const [early, late] = [2 + random.integer(6), 12 + random.integer(6)];
    x[(i * length + early) * channels + first]! += 2;
    x[(i * length + late) * channels + 1 - first]! += 2;
    return first;
  });
  return { count, x, y };
}

describe('A recurrent preset', () => {
  for (const preset of ['gru', 'lstm'] satisfies PresetName[])
    it(`learns an order of events within a budget: ${preset}`, function () {
      this.timeout(60_000);
      const layers = presetLayers(preset, 'S', classes, input);
      const model = resolveModel(input, layers, classes, 'softmax-cross-entropy');
      const program = createEngine().compile({
        model,
        plan: densePlan(parameterLayout(model), 4),
        optimiser: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
        batchSize: 32,
        budgetBytes: 256 * 1024,
      });
      let parameters = initialParameters(model, 1);
      for (let round = 0; round < 6; round++) {
        program.loadParameters(parameters);
        const { delta } = program.train(peaks(256, round), { epochs: 4, learningRate: 0.01, seed: round });
        parameters = parameters.map((value, i) => value + delta[i]!);
      }
      program.loadParameters(parameters);
      const { confusion, count } = program.evaluate(peaks(256, 99));
      const right = (confusion[0]! + confusion[3]!) / count;
      assert.ok(right > 0.95, `${right} are right`);
    });
});
