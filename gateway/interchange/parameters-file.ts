import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parameterLayout } from '../model';
import { type Task, taskModel } from '../task';
import { notReadable } from './format/problems';
import { checkParameters } from './task-model';

/** `FTTEPF` and the version of the form. */
const magic = Buffer.from('FTTEPF01', 'latin1');
const maxHeaderBytes = 1024 * 1024;

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
  const values = Buffer.alloc(4 * parameters.length);
  parameters.forEach((value, i) => {
    values.writeFloatLE(value, 4 * i);
  });
  const tensors = parameterLayout(model).tensors.map(({ name, shape }) => [name, shape]);
  const sha256 = createHash('sha256').update(values).digest('hex');
  const header = Buffer.from(JSON.stringify({ tensors, sha256 }), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([magic, length, header, values]);
}

/** Whether bytes begin as a parameters file does. */
export const isParametersFile = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, magic.length)).equals(magic);

/**
 * Reads a parameters file for a task.
 * @throws FtteError `model-invalid` where it is damaged or of other layers (it names the first tensor that differs)
 */
export function decodeParameters(task: Task, bytes: Uint8Array): Float32Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isParametersFile(bytes) || buffer.length < magic.length + 4) {
    throw notReadable('the file of parameters does not begin as one');
  }
  const length = buffer.readUInt32LE(magic.length);
  const start = magic.length + 4 + length;
  if (length > maxHeaderBytes || start > buffer.length)
    throw notReadable('the file of parameters is cut off');
  const { tensors, sha256 } = parseHeader(buffer.subarray(magic.length + 4, start));
  const values = buffer.subarray(start);
  const model = taskModel(task);
  const layout = parameterLayout(model);
  layout.tensors.forEach(({ name, shape }, i) => {
    const found = tensors[i];
    if (String(found?.[1]) === String(shape)) return;
    const got = found ? `${found[0]} [${found[1]}]` : 'nothing';
    throw notReadable(`the file of parameters has ${got} where the task's model has ${name} [${shape}]`);
  });
  if (values.length !== 4 * layout.size) {
    const text = `the file of parameters has ${values.length} bytes of values, the model wants ${4 * layout.size}`;
    throw notReadable(text);
  }
  if (createHash('sha256').update(values).digest('hex') !== sha256) {
    throw notReadable('the file of parameters is damaged: its check sum does not match');
  }
  const parameters = new Float32Array(layout.size);
  for (let i = 0; i < parameters.length; i++) parameters[i] = values.readFloatLE(4 * i);
  checkParameters(model, parameters);
  return parameters;
}

function parseHeader(bytes: Buffer): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw notReadable('the header of the file of parameters cannot be read', error);
  }
}
