import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FtteError, messageOf } from '../platform';
import type { DataSet } from './data-set';

const arrays = {
  int16: Int16Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
};
type Numbers = InstanceType<(typeof arrays)[keyof typeof arrays]>;

const count = z.number().int().min(1);
const metaSchema = z.object({
  format: z.literal('shared-data/1'),
  byteOrder: z.literal('little'),
  name: z.string(),
  layout: z.enum(['stream', 'dense']),
  sampleRateHz: z.number().positive().default(1),
  window: z.object({
    length: count.optional(),
    hop: count.optional(),
    height: count.optional(),
    width: count.optional(),
    channels: count,
  }),
  channels: z
    .array(
      z.object({
        name: z.string(),
        unit: z.string().default(''),
        scale: z.number().default(1),
        offset: z.number().default(0),
      }),
    )
    .min(1),
  labels: z.array(z.string()).min(2),
  files: z.record(
    z.string(),
    z.object({
      file: z.string().regex(/^[\w.-]+$/),
      dtype: z.enum(['int16', 'uint8', 'uint16', 'uint32', 'float32']),
    }),
  ),
});
type Meta = z.infer<typeof metaSchema>;

/**
 * Loads a folder in the shared format: `meta.json` beside little-endian arrays without headers. Images become
 * `[height * width, channels]`.
 * @throws FtteError `recording-invalid` naming the file and what is wrong with it
 */
export async function loadDataFolder(folder: string): Promise<DataSet> {
  const meta = await readMeta(folder);
  const load = (key: string) => readArray(folder, meta, key);
  const [x, y, split] = await Promise.all([load('x'), load('y'), load('split')]);
  const people = meta.files['subject'] ? 'subject' : meta.files['group'] ? 'group' : undefined;
  const [person, start] = await Promise.all([
    people ? load(people) : undefined,
    meta.layout === 'stream' ? load('start') : undefined,
  ]);

  const { window, channels } = meta;
  const length = window.length ?? (window.height ?? 0) * (window.width ?? 0);
  const size = length * channels.length;
  const damaged = (file: string, what: string) =>
    new FtteError('recording-invalid', `${join(folder, file)}: ${what}`, { folder, file });
  if (size === 0 || channels.length !== window.channels) {
    throw damaged('meta.json', `window has ${window.channels} channels, ${channels.length} are described`);
  }
  for (const [name, array] of Object.entries({ split, person, start })) {
    if (array && array.length !== y.length) {
      throw damaged('meta.json', `${name} has ${array.length} entries, y has ${y.length}`);
    }
  }
  const begin = (i: number) => (start ? (start[i] as number) * channels.length : i * size);
  for (let i = 0; i < y.length; i++) {
    if (begin(i) + size > x.length) throw damaged('x', `ends before example ${i}`);
    if ((y[i] as number) >= meta.labels.length) throw damaged('y', `example ${i} has label ${y[i]}`);
  }
  return {
    name: meta.name,
    count: y.length,
    labels: meta.labels,
    input: {
      channels: channels.map(({ name, unit }) => ({ name, unit })),
      rateHz: meta.sampleRateHz,
      length,
      hop: window.hop ?? length,
    },
    y: Uint16Array.from(y),
    person: person && Uint16Array.from(person),
    split: Uint8Array.from(split),
    read(i, into) {
      const from = begin(i);
      for (let c = 0; c < channels.length; c++) {
        const { scale, offset } = channels[c] as Meta['channels'][number];
        for (let at = c; at < size; at += channels.length)
          into[at] = (x[from + at] as number) * scale + offset;
      }
    },
  };
}

async function readMeta(folder: string): Promise<Meta> {
  const path = join(folder, 'meta.json');
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new FtteError(
      'recording-invalid',
      `cannot read ${path}: ${messageOf(error)}`,
      { path },
      { cause: error },
    );
  }
  const result = metaSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') || 'meta.json';
  throw new FtteError('recording-invalid', `${path}: ${field}: ${issue?.message}`, { path, field });
}

async function readArray(folder: string, meta: Meta, key: string): Promise<Numbers> {
  const entry = meta.files[key];
  if (!entry) {
    throw new FtteError('recording-invalid', `${join(folder, 'meta.json')}: files.${key} is missing`, {
      folder,
    });
  }
  const path = join(folder, entry.file);
  const Type = arrays[entry.dtype];
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new FtteError(
      'recording-invalid',
      `cannot read ${path}: ${messageOf(error)}`,
      { path },
      { cause: error },
    );
  }
  if (bytes.length % Type.BYTES_PER_ELEMENT !== 0) {
    throw new FtteError('recording-invalid', `${path}: ${bytes.length} bytes are not whole ${entry.dtype}s`, {
      path,
    });
  }
  // Copied, because a view needs an aligned start.
  return new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);
}
