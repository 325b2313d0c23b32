import { encodings } from '../../../gateway/wire';

/** Steps of the encodings in levels, in root mean squares, in place of those of the package. */
export interface Steps {
  /** Of updates: `dithered`. */
  readonly update?: number;
  /** Of catch-ups: `coarse`, as a share of what the coordinator chooses. */
  readonly catchUpShare?: number;
}

/** Lets this process encode with other steps. @returns a function that takes it back */
export function withSteps({ update, catchUpShare = 1 }: Steps): () => void {
  const restore = [
    replace('dithered', (values, step) => step ?? (update && update * rootMeanSquare(values))),
    replace('coarse', (_, step) => step && catchUpShare * step),
  ];
  return () => {
    for (const back of restore) back();
  };
}

function replace(
  name: 'dithered' | 'coarse',
  stepOf: (values: Float32Array, step: number | undefined) => number | undefined,
): () => void {
  const encoding = encodings[name] as { encode: (typeof encodings)[typeof name]['encode'] };
  const { encode } = encoding;
  encoding.encode = (values, step) => encode(values, stepOf(values, step));
  return () => {
    encoding.encode = encode;
  };
}

const rootMeanSquare = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / Math.max(1, values.length));
