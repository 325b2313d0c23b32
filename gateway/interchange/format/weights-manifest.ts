import { z } from 'zod';
import { checkSchema, FtteError } from '../../platform';
import { notReadable } from './problems';

/** Models beyond this many parameters fit no gateway; half a million is large here. */
export const maxParameters = 2 ** 26;
const maxShards = 1024;

const integer = z.number().int().min(0);
const quantizationSchema = z.looseObject({
  dtype: z.enum(['uint8', 'uint16', 'float16']),
  scale: z.number().optional(),
  min: z.number().optional(),
});
const weightSchema = z.looseObject({
  name: z.string().min(1).max(1024),
  shape: z.array(integer).max(8),
  dtype: z.string(),
  quantization: quantizationSchema.optional(),
});
const manifestSchema = z
  .array(
    z.looseObject({
      paths: z.array(z.string().min(1).max(255)).max(maxShards),
      weights: z.array(weightSchema).max(10_000),
    }),
  )
  .max(maxShards);

export type WeightsManifest = z.infer<typeof manifestSchema>;
export type WeightEntry = z.infer<typeof weightSchema>;

/**
 * Checks the manifest of a model.json.
 * @throws FtteError `model-invalid` naming the field; or a shard that lies outside of the folder of the model.json
 */
export function parseManifest(value: unknown): WeightsManifest {
  const { data, issue } = checkSchema(manifestSchema, value);
  if (issue) throw notReadable(`weightsManifest.${issue.field}: ${issue.text}`, issue.cause);
  for (const path of shardNames(data)) {
    if (path.split('/').every((step) => /^[A-Za-z0-9_ ()-][A-Za-z0-9_. ()-]*$/.test(step))) continue;
    const text = `weightsManifest names the file ${JSON.stringify(path)}, expected the name of a file beside model.json, or in a folder there`;
    throw new FtteError('model-invalid', text, { path });
  }
  const total = data.flatMap(({ weights }) => weights).reduce((sum, weight) => sum + elements(weight), 0);
  if (total > maxParameters) {
    throw notReadable(`weightsManifest has ${total} numbers, at most ${maxParameters} are read`);
  }
  return data;
}

/** Files that hold the weights, in the order of the manifest. */
export const shardNames = (manifest: WeightsManifest): string[] => [
  ...new Set(manifest.flatMap(({ paths }) => paths)),
];

/** The bytes that a group's shards have together. */
export const groupBytes = (weights: readonly WeightEntry[]): number =>
  weights.reduce((sum, weight) => sum + weightBytes(weight), 0);

/** The bytes of one weight. */
export const weightBytes = (weight: WeightEntry): number =>
  elements(weight) * (valueBytes.get(storedType(weight)) ?? 4);

/** The type of the numbers in the file. */
export const storedType = ({ dtype, quantization }: WeightEntry): string => quantization?.dtype ?? dtype;

const valueBytes: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ bool: 1, int8: 1, uint8: 1, float16: 2, int16: 2, uint16: 2, bfloat16: 2 },
    ...{ int64: 8, uint64: 8, float64: 8, complex64: 8 },
  }),
);

export const elements = ({ shape }: WeightEntry): number =>
  shape.reduce((product, length) => product * length, 1);

/** Most bytes that the files of a manifest can usefully have. */
export const manifestBytes = (manifest: WeightsManifest): number =>
  manifest.reduce((sum, { weights }) => sum + groupBytes(weights), 0);
