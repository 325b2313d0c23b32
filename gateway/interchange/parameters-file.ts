import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parameterLayout } from '../model';
import { bytesOfFloats, floatsOfBytes, headedBytes, splitHeader } from '../platform';
import { type Task, taskModel } from '../task';
import { notReadable } from './format/problems';
import { checkParameters } from './task-model';

/** `FTTEPF` and the version of the form. */
const magic = Buffer.from('FTTEPF01', 'latin1');

const headerSchema = z.object({
  tensors: z.array(z.tuple([z.string(), z.array(z.number().int().min(1))])).max(1000),
  sha256: z.string(),
});

/**
 * A file of parameters: magic, u32 length of a JSON header that lists the tensors (name, shape) and the SHA-256 of the
 * values, then all values as float32. Little-endian.
 */
export function encodeParameters(task: Task, parameters: Float32Array): Uint8Array {
  const model = taskModel(task);
  checkParameters(model, parameters);
  const values = bytesOfFloats(parameters);
  const tensors = parameterLayout(model).tensors.map(({ name, shape }) => [name, shape]);
  const sha256 = createHash('sha256').update(values).digest('hex');
  return Buffer.concat([magic, ...headedBytes({ tensors, sha256 }, [values])]);
}

/** Whether bytes begin as a parameters file does. */
export const isParametersFile = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, magic.length)).equals(magic);

/**
 * Reads a parameters file for a task.
 * @throws FtteError `model-invalid` where it is damaged or of other layers (it names the first tensor that differs)
 */
export function decodeParameters(task: Task, bytes: Uint8Array): Float32Array {
  if (!isParametersFile(bytes)) throw notReadable('the file of parameters does not begin as one');
  const parts = splitHeader(bytes.subarray(magic.length));
  const header = headerSchema.safeParse(parts?.header);
  if (!parts || !header.success) {
    throw notReadable('the header of the file of parameters cannot be read', header.error);
  }
  const { tensors, sha256 } = header.data;
  const values = parts.body;
  const model = taskModel(task);
  const layout = parameterLayout(model);
  layout.tensors.forEach(({ name, shape }, i) => {
    const found = tensors[i];
    if (String(found?.[1]) === String(shape)) return;
    const got = found ? `${found[0]} [${found[1]}]` : 'nothing';
    throw notReadable(`the file of parameters has ${got} where the task's model has ${name} [${shape}]`);
  });
  if (values.length !== 4 * layout.size) {
    const text = `the file of parameters has ${values.length} bytes of values, expected ${4 * layout.size} for the model`;
    throw notReadable(text);
  }
  if (createHash('sha256').update(values).digest('hex') !== sha256) {
    throw notReadable('the file of parameters is damaged: its check sum does not match');
  }
  const parameters = floatsOfBytes(values);
  checkParameters(model, parameters);
  return parameters;
}
