import assert from 'node:assert/strict';
import type { EvaluateResult, Samples } from '../../../gateway/engine';
import { densePlan, type ModelSpec, parameterLayout, resolveModel } from '../../../gateway/model';
import { assertClose, describeEngines } from '../../support/engine/engines';
import { exampleParameters, exampleSamples, inputsOf, lossModels } from '../../support/engine/models';
import { referenceExample } from '../../support/engine/reference-losses';
import { referenceLoss, referenceOutputs } from '../../support/engine/reference-model';

const momentum = { kind: 'sgd', momentum: 0.9 } as const;
const count = 11;

/** Outputs of every example by the definitions, `[count][outputs]`. */
function outputsOf(model: ModelSpec, samples: Samples): number[][] {
  const parameters = Float64Array.from(exampleParameters(model));
  return Array.from({ length: samples.count }, (_, i) => [
    ...referenceOutputs(model, parameters, referenceExample(model, samples, i).input),
  ]);
}

const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));

describeEngines('Losses and targets', (engine) => {
  const evaluated = (model: ModelSpec, samples: Samples): EvaluateResult => {
    const program = engine.compile({ model });
    program.loadParameters(exampleParameters(model));
    return program.evaluate(samples);
  };

  for (const [name, model] of lossModels) {
    const samples = exampleSamples(model, count);

    it(`of ${name}: predicts from inputs alone, and evaluates to the loss of the definition`, () => {
      const program = engine.compile({ model });
      program.loadParameters(exampleParameters(model));
      const wanted = outputsOf(model, samples).flat();
      const binary = model.loss === 'binary-cross-entropy';
      const got = program.predict(inputsOf(model, samples), count);
      assertClose(got, binary ? wanted.map(sigmoid) : wanted, 1e-5, 'outputs');
      const { loss } = program.evaluate(samples);
      assertClose([loss], [referenceLoss(model, exampleParameters(model), samples)], 1e-5, 'loss');
    });

    it(`of ${name}: learns, and a program that trains uses its arena to the end`, () => {
      const plan = densePlan(parameterLayout(model), 4);
      const program = engine.compile({ model, plan, optimiser: momentum, batchSize: 6 });
      program.loadParameters(exampleParameters(model));
      const { lossBefore, lossAfter } = program.train(samples, { epochs: 60, learningRate: 0.05, seed: 1 });
      assert.ok(lossAfter < 0.6 * lossBefore, `${lossBefore} -> ${lossAfter}`);
      const { peakBytes } = program.memory;
      assert.ok(program.arenaBytes <= peakBytes && program.arenaBytes > peakBytes - 64);
    });
  }

  it('distinguish two classes at one half if there is one output', () => {
    const [, model] = lossModels[0]!;
    const samples = exampleSamples(model, count);
    const wanted = new Uint32Array(4);
    outputsOf(model, samples).forEach(([logit], i) => {
      wanted[samples.y[i]! * 2 + (logit! > 0 ? 1 : 0)]!++;
    });
    const { confusion, errors } = evaluated(model, samples);
    assert.deepEqual([confusion, errors], [wanted, undefined]);
    assert.ok(wanted.filter((cell) => cell > 0).length > 1);
  });

  it('take the largest of several yes or no', () => {
    const [, model] = lossModels[1]!;
    const samples = exampleSamples(model, count);
    const wanted = new Uint32Array(49);
    outputsOf(model, samples).forEach((logits, i) => {
      wanted[samples.y[i]! * 7 + logits.indexOf(Math.max(...logits))]!++;
    });
    assert.deepEqual(evaluated(model, samples).confusion, wanted);
  });

  it('judge values by their errors, squared and absolute, and count no classes', () => {
    for (const [name, model] of lossModels.slice(2)) {
      const samples = exampleSamples(model, count);
      const errors = outputsOf(model, samples).flatMap((outputs, i) => {
        const { values } = referenceExample(model, samples, i);
        return outputs.map((output, j) => output - values[j]!);
      });
      const mean = (sizes: number[]) => sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
      const result = evaluated(model, samples);
      assert.equal(result.confusion.length, 0, name);
      assertClose(
        [result.errors!.meanSquared, result.errors!.meanAbsolute],
        [mean(errors.map((e) => e * e)), mean(errors.map(Math.abs))],
        1e-5,
        name,
      );
    }
  });

  it('judge nothing as nothing', () => {
    const none = { count: 0, x: new Float32Array(0), y: new Uint16Array(0) };
    const { loss, errors } = evaluated(lossModels[2]![1], none);
    assert.deepEqual([loss, errors], [0, { meanSquared: 0, meanAbsolute: 0 }]);
  });

  it('stay finite where a yes or no is far out', () => {
    const [, model] = lossModels[0]!;
    const program = engine.compile({ model });
    program.loadParameters(exampleParameters(model).map((value) => 1e4 * value));
    const { loss } = program.evaluate(exampleSamples(model, count));
    assert.ok(Number.isFinite(loss) && loss > 100, `loss ${loss}`);
  });

  const [, binary] = lossModels[0]!;
  const [, several] = lossModels[1]!;
  const [, forecast] = lossModels[2]!;
  const [, rebuilt] = lossModels[4]!;
  const refused: [title: string, model: ModelSpec, samples: Samples, code: string, message: RegExp][] = [
    [
      'labels beyond yes and no',
      binary,
      { ...exampleSamples(binary, 3), y: Uint16Array.of(0, 1, 2) },
      'label-unknown',
      /example 2 has label 2, the model has one output for 2 labels/,
    ],
    [
      'a label beyond the outputs',
      several,
      { ...exampleSamples(several, 2), y: Uint16Array.of(0, 7) },
      'label-unknown',
      /example 1 has label 7, the model has 7 outputs/,
    ],
    [
      'labels for values',
      rebuilt,
      { ...exampleSamples(rebuilt, 2), y: Uint16Array.of(0, 1) },
      'label-unknown',
      /2 examples have 2 labels, expected none: the model learns without/,
    ],
    [
      'windows without what follows them',
      forecast,
      { ...exampleSamples(forecast, 2), x: new Float32Array(2 * 7 * 3) },
      'window-shape',
      /2 examples of \[9,3\] \(2 rows follow an input\) are 54 values, got 42/,
    ],
  ];
  for (const [title, model, samples, code, message] of refused) {
    it(`refuse ${title}`, () => {
      const plan = densePlan(parameterLayout(model), 1);
      const program = engine.compile({ model, plan });
      assert.throws(() => program.evaluate(samples), { code, message });
      assert.throws(() => program.train(samples, { epochs: 1, learningRate: 0.1, seed: 1 }), { code });
    });
  }

  it('refuse each other: a loss of values cannot take labels', () => {
    const model = resolveModel([3, 1], [{ type: 'flatten' }, { type: 'dense', units: 2 }], 2, 'huber');
    assert.throws(() => engine.compile({ model }), { code: 'model-invalid', message: /"huber".*"class"/ });
  });
});
