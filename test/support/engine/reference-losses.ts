import type { Samples } from '../../../gateway/engine';
import { type ModelSpec, sampleRows } from '../../../gateway/model';

/** A sample's input and its target: a class, or values. */
export interface ReferenceExample {
  readonly input: Float64Array;
  readonly label: number;
  readonly values: Float64Array;
}

/** One example of samples, taken apart. */
export function referenceExample(model: ModelSpec, samples: Samples, example: number): ReferenceExample {
  const width = model.input.slice(1).reduce((product, length) => product * length, 1);
  const size = sampleRows(model) * width;
  const all = Float64Array.from(samples.x.subarray(example * size, (example + 1) * size));
  const input = all.slice(0, model.input[0]! * width);
  const label = samples.y[example] ?? -1;
  const { target } = model;
  if (target.kind !== 'following') return { input, label, values: input };
  const values: number[] = [];
  for (let row = model.input[0]!; row < sampleRows(model); row++)
    for (const channel of target.channels) values.push(all[row * width + channel]!);
  return { input, label, values: Float64Array.from(values) };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The loss of one example's outputs, as the definitions read. */
export function referenceExampleLoss(
  { loss, outputs: count }: ModelSpec,
  outputs: Float64Array,
  { label, values }: ReferenceExample,
): number {
  const all = [...outputs];
  const errors = all.map((output, i) => output - values[i]!);
  switch (loss) {
    case 'softmax-cross-entropy': {
      const top = Math.max(...all);
      return Math.log(all.reduce((sum, logit) => sum + Math.exp(logit - top), 0)) + top - all[label]!;
    }
    case 'binary-cross-entropy':
      return mean(
        all.map((logit, i) => {
          const yes = count === 1 ? label === 1 : label === i;
          return Math.log1p(Math.exp(yes ? -logit : logit));
        }),
      );
    case 'mean-squared-error':
      return mean(errors.map((error) => error * error));
    case 'huber':
      return mean(errors.map((e) => (Math.abs(e) <= 1 ? (e * e) / 2 : Math.abs(e) - 0.5)));
  }
}
