import { z } from 'zod';
import { FtteError } from '../../platform';
import { notReadable, type Problems } from './problems';

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
type WeightEntry = z.infer<typeof weightSchema>;

/** A weight as the file has it; the values are a copy. */
export interface SavedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Checks the manifest of a model.json.
 * @throws FtteError `model-invalid` naming the field; or a shard whose name is more than a file's name: shards lie
 *         beside the model.json and nowhere else
 */
export function parseManifest(value: unknown): WeightsManifest {
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw notReadable(`weightsManifest.${issue?.path.join('.')}: ${issue?.message}`, result.error);
  }
  for (const path of shardNames(result.data)) {
    if (/^[A-Za-z0-9_ ()-][A-Za-z0-9_. ()-]*$/.test(path)) continue;
    const text = `weightsManifest names the file ${JSON.stringify(path)}, expected the name of a file beside model.json`;
    throw new FtteError('model-invalid', text, { path });
  }
  const total = result.data
    .flatMap(({ weights }) => weights)
    .reduce((sum, weight) => sum + elements(weight), 0);
  if (total > maxParameters) {
    throw notReadable(`weightsManifest has ${total} numbers, at most ${maxParameters} are read`);
  }
  return result.data;
}

/** Files that hold the weights, in the order of the manifest. */
export const shardNames = (manifest: WeightsManifest): string[] => [
  ...new Set(manifest.flatMap(({ paths }) => paths)),
];

/** The bytes that a group's shards have together. */
const bytesOf = (weights: readonly WeightEntry[]): number =>
  weights.reduce((sum, weight) => sum + elements(weight) * valueBytes(weight), 0);

/** Most bytes that the files of a manifest can usefully have. */
export const manifestBytes = (manifest: WeightsManifest): number =>
  manifest.reduce((sum, { weights }) => sum + bytesOf(weights), 0);

/**
 * Takes the weights out of the shards: float32, or quantised as the converter does (float16; uint8 and uint16 with
 * scale and least value). All numbers are little-endian.
 * @throws FtteError `model-invalid` where a shard is missing or bytes do not add up
 */
export function readWeights(
  manifest: WeightsManifest,
  shards: ReadonlyMap<string, Uint8Array>,
  problems: Problems,
): SavedWeight[] {
  return manifest.flatMap(({ paths, weights }) => {
    const parts = paths.map((path) => {
      const bytes = shards.get(path);
      if (!bytes) problems.add(`the file ${path} with weights is missing`);
      return bytes ?? new Uint8Array();
    });
    const got = parts.reduce((sum, part) => sum + part.length, 0);
    const wanted = bytesOf(weights);
    // Before they are joined: a manifest may name one file a thousand times.
    if (got !== wanted) {
      problems.add(`${paths.join(', ')} together have ${got} bytes, expected ${wanted} by the manifest`);
      return [];
    }
    const bytes = Buffer.concat(parts);
    let at = 0;
    return weights.flatMap((weight) => {
      const from = at;
      at += elements(weight) * valueBytes(weight);
      const values = decode(weight, bytes.subarray(from, at), problems);
      return values ? [{ name: weight.name, shape: weight.shape, values }] : [];
    });
  });
}

function decode(weight: WeightEntry, bytes: Buffer, problems: Problems): Float32Array | undefined {
  const { name, dtype, quantization } = weight;
  if (dtype !== 'float32') {
    problems.add(`weight ${name} is of ${dtype}, expected float32`);
    return undefined;
  }
  const values = new Float32Array(elements(weight));
  const read = reader(quantization?.dtype ?? 'float32', bytes);
  const { scale = 1, min = 0 } = quantization?.dtype === 'float16' ? {} : (quantization ?? {});
  for (let i = 0; i < values.length; i++) values[i] = quantization ? read(i) * scale + min : read(i);
  const strange = values.findIndex((value) => !Number.isFinite(value));
  if (strange < 0) return values;
  problems.add(`weight ${name}[${strange}] is ${values[strange]}, expected finite numbers`);
  return undefined;
}

function reader(dtype: string, bytes: Buffer): (index: number) => number {
  switch (dtype) {
    case 'uint8':
      return (i) => bytes.readUInt8(i);
    case 'uint16':
      return (i) => bytes.readUInt16LE(2 * i);
    case 'float16':
      return (i) => half(bytes.readUInt16LE(2 * i));
    default:
      return (i) => bytes.readFloatLE(4 * i);
  }
}

/** The number that 16 bits of IEEE 754 binary16 stand for. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const elements = ({ shape }: WeightEntry): number => shape.reduce((product, length) => product * length, 1);

function valueBytes({ quantization }: WeightEntry): number {
  if (!quantization) return 4;
  return quantization.dtype === 'uint8' ? 1 : 2;
}
