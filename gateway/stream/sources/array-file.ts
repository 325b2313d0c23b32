import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../platform';
import { type Dtype, invalid, type RecordingFile } from './recording-meta';

export type NumberArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array;

const types = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
} as const satisfies Record<Dtype, unknown>;

/** A range of elements of a file. */
export interface Range {
  readonly start: number;
  readonly length: number;
}

/**
 * Reads an array without a header, little-endian: the whole array, or ranges one after the other.
 * @throws FtteError `recording-invalid` naming the file, if it cannot be read or its length does not fit its shape
 */
export async function readArray(
  folder: string,
  file: RecordingFile,
  ranges?: readonly Range[],
): Promise<NumberArray> {
  const path = join(folder, file.file);
  const Type = types[file.dtype];
  const elements = file.shape.reduce((product, length) => product * length, 1);
  const wanted = ranges ?? [{ start: 0, length: elements }];
  const result = new Type(wanted.reduce((sum, range) => sum + range.length, 0));
  const bytes = new Uint8Array(result.buffer);
  let handle: FileHandle | undefined;
  try {
    const { size } = await stat(path);
    if (size !== elements * Type.BYTES_PER_ELEMENT) {
      throw invalid(
        `${path} has ${size} bytes, expected ${elements * Type.BYTES_PER_ELEMENT} for shape [${file.shape}] of ${file.dtype}`,
        path,
      );
    }
    handle = await open(path, 'r');
    let at = 0;
    for (const { start, length } of wanted) {
      const size = length * Type.BYTES_PER_ELEMENT;
      const { bytesRead } = await handle.read(bytes, at, size, start * Type.BYTES_PER_ELEMENT);
      if (bytesRead !== size) throw invalid(`${path} ends after ${bytesRead} of ${size} bytes`, path);
      at += size;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'recording-invalid') throw error;
    throw invalid(`cannot read ${path}: ${messageOf(error)}`, path);
  } finally {
    await handle?.close();
  }
  return result;
}
