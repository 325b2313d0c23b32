import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, planMemory, windowFeatures } from '../../../gateway/engine';
import {
  type FeatureSettings,
  type LayerSpec,
  planFeatures,
  resolveModel,
  sizeOf,
} from '../../../gateway/model';

interface FixtureCase {
  readonly title: string;
  readonly settings: FeatureSettings;
  readonly shape: readonly [number, number];
  readonly window: readonly number[];
  readonly features: readonly number[];
}

const file = join(__dirname, '..', '..', 'fixtures', 'features', 'windows.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as FixtureCase[];

/** Within float32 of the largest value that takes part in it. */
function assertClose(got: ArrayLike<number>, { features, window }: FixtureCase, title: string): void {
  assert.equal(got.length, features.length);
  const largest = Math.max(1, ...window.map(Math.abs));
  features.forEach((value, i) => {
    const near = 2e-6 * Math.max(largest, Math.abs(value));
    assert.ok(Math.abs(got[i]! - value) <= near, `${title}: [${i}] is ${got[i]}, expected ${value}`);
  });
}

/** Features as the outputs of a model: of a dense layer with ones on the diagonal of its kernel. */
function featuresByEngine(kind: 'wasm-strict' | 'javascript', each: FixtureCase): Float32Array {
  const count = each.features.length;
  const layer = { type: 'features', from: 'input', ...each.settings } as LayerSpec;
  const model = resolveModel(
    each.shape,
    [layer, { type: 'dense', units: count }],
    count,
    'mean-squared-error',
    {
      kind: 'following',
      rows: count,
      channels: [0],
    },
  );
  const program = createEngine(kind).compile({ model });
  const parameters = new Float32Array(count * count + count);
  for (let i = 0; i < count; i++) parameters[i * count + i] = 1;
  program.loadParameters(parameters);
  return program.predict(Float32Array.from(each.window), 1);
}

describe('Features of a window', () => {
  for (const each of cases) {
    it(`are those of numpy and scipy for ${each.title}`, () => {
      const plan = planFeatures(each.settings, each.shape);
      assertClose(windowFeatures(Float32Array.from(each.window), plan), each, 'by definition');
      for (const kind of ['wasm-strict', 'javascript'] as const)
        assertClose(featuresByEngine(kind, each), each, kind);
    });
  }

  it('have bands that add up to the variance', () => {
    for (const { settings, shape, window } of cases) {
      const own = planFeatures({ ...settings, statistics: ['deviation', 'bands'] }, shape);
      const values = windowFeatures(window, own);
      const per = own.bands + 1;
      for (let s = 0; s < own.signals; s++) {
        const [deviation = 0, ...bands] = values.slice(s * per, (s + 1) * per);
        const sum = bands.reduce((all, band) => all + band, 0);
        assert.ok(Math.abs(sum - deviation ** 2) <= 1e-6 * (1 + deviation ** 2));
      }
    }
  });

  it('take scratch once, not for each example', () => {
    const model = resolveModel(
      [128, 6],
      [
        { type: 'features', from: 'input' },
        { type: 'dense', units: 6 },
      ],
      6,
      'softmax-cross-entropy',
    );
    const peak = (batchSize: number) => planMemory({ model, batchSize }).peakBytes;
    const example = 4 * (sizeOf([128, 6]) + sizeOf(model.shapes[0]!) + 6 + 1);
    assert.ok(peak(4) - peak(1) <= 3 * example + 64, `${peak(4)} and ${peak(1)}`);
  });

  it('are refused where they make no sense, with the layer and what it expected', () => {
    const refused: [settings: object, input: [number, number], message: RegExp][] = [
      [{}, [3, 2], /got \[3,2\], expected a window of at least 4 readings/],
      [{ side: 2 }, [8, 2], /expected more channels than the 2 of side inputs/],
      [{ magnitudes: [1] }, [8, 3], /expected three channels from 1 on for a magnitude/],
      [{ statistics: ['correlation'] }, [8, 1], /expected statistics that give a number/],
    ];
    for (const [settings, input, message] of refused) {
      const layer = { type: 'features', from: 'input', ...settings } as LayerSpec;
      const layers: LayerSpec[] = [layer, { type: 'dense', units: 2 }];
      assert.throws(() => resolveModel(input, layers, 2, 'softmax-cross-entropy'), { message });
    }
  });
});
