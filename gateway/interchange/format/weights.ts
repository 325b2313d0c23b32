import { fromHalf } from '../../platform';
import type { Problems } from './problems';
import {
  elements,
  groupBytes,
  storedType,
  type WeightEntry,
  type WeightsManifest,
  weightBytes,
} from './weights-manifest';

/** A weight as the file has it. */
export interface SavedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** A copy of its values in float32, `[size]`; undefined where they are no finite numbers, which becomes a problem. */
  read(problems: Problems): Float32Array | undefined;
}

/**
 * Takes the weights out of the shards. All numbers are little-endian. A shard that is missing and bytes that do not add
 * up become problems.
 */
export function readWeights(
  manifest: WeightsManifest,
  shards: ReadonlyMap<string, Uint8Array>,
  problems: Problems,
): SavedWeight[] {
  return manifest.flatMap(({ paths, weights }) => {
    const missing = paths.filter((path) => !shards.has(path));
    for (const path of missing) {
      problems.add(`the file ${path} with weights is missing: it belongs beside model.json`);
    }
    if (missing.length > 0) return [];
    const parts = paths.map((path) => shards.get(path)!);
    const got = parts.reduce((sum, part) => sum + part.length, 0);
    const wanted = groupBytes(weights);
    // Before they are joined: a manifest may name one file a thousand times.
    if (got !== wanted) {
      const cut = got < wanted ? `: ${wanted - got} are missing, so a file was cut off` : '';
      problems.add(
        `${paths.join(', ')} together have ${got} bytes, expected ${wanted} by the manifest${cut}`,
      );
      return [];
    }
    const bytes = Buffer.concat(parts);
    let at = 0;
    return weights.map((weight) => {
      const own = bytes.subarray(at, at + weightBytes(weight));
      at += weightBytes(weight);
      return { name: weight.name, shape: weight.shape, read: (into) => decode(weight, own, into) };
    });
  });
}

/** Values of float32, or quantised as the converter does: float16; uint8 and uint16 with a scale and the least value. */
function decode(weight: WeightEntry, bytes: Buffer, problems: Problems): Float32Array | undefined {
  const { name, quantization } = weight;
  const read = readers.get(storedType(weight));
  if (!read || (!quantization && !floats.includes(weight.dtype))) {
    problems.add(
      `weight ${name} is of ${weight.dtype}, expected float32, or float32 quantised to float16, uint16 or uint8`,
    );
    return undefined;
  }
  const values = Float32Array.from({ length: elements(weight) }, (_, i) => read(bytes, i));
  if (quantization && quantization.dtype !== 'float16') {
    const { scale = 1, min = 0 } = quantization;
    for (let i = 0; i < values.length; i++) values[i] = values[i]! * scale + min;
  }
  const strange = values.findIndex((value) => !Number.isFinite(value));
  if (strange < 0) return values;
  problems.add(`weight ${name}[${strange}] is ${values[strange]}, expected finite numbers`);
  return undefined;
}

const floats: readonly string[] = ['float32', 'float16'];

const readers: ReadonlyMap<string, (bytes: Buffer, index: number) => number> = new Map([
  ['float32', (bytes, i) => bytes.readFloatLE(4 * i)],
  ['float16', (bytes, i) => fromHalf(bytes.readUInt16LE(2 * i))],
  ['uint16', (bytes, i) => bytes.readUInt16LE(2 * i)],
  ['uint8', (bytes, i) => bytes.readUInt8(i)],
]);
