import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { checkSchema, FtteError, messageOf } from '../../platform';

const dtypes = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32'] as const;
export type Dtype = (typeof dtypes)[number];

const count = z.number().int().min(0);
const fileSchema = z.object({
  // A name without a path, because a recording must not refer to files outside its folder.
  file: z
    .string()
    .refine((file) => file === basename(file) && !file.startsWith('.'), 'expected a plain file name'),
  dtype: z.enum(dtypes),
  shape: z.array(count).min(1).max(8),
});

const metaSchema = z.object({
  format: z.literal('shared-data/1'),
  name: z.string().optional(),
  layout: z.enum(['stream', 'dense']),
  sampleRateHz: z.number().positive().optional(),
  window: z.object({
    length: count.min(1).optional(),
    hop: count.min(1).optional(),
    channels: count.min(1),
  }),
  channels: z
    .array(
      z.object({
        name: z.string().min(1),
        unit: z.string().default(''),
        scale: z.number().default(1),
        offset: z.number().default(0),
      }),
    )
    .min(1),
  labels: z.array(z.string()).min(1),
  rowLabels: z.array(z.string()).optional(),
  subjects: z.array(z.string()).default([]),
  recordings: z.array(z.object({ subject: count, start: count, length: count.min(1) })).optional(),
  files: z.object({
    x: fileSchema,
    y: fileSchema,
    start: fileSchema.optional(),
    label: fileSchema.optional(),
    subject: fileSchema.optional(),
    group: fileSchema.optional(),
    split: fileSchema.optional(),
  }),
});

/** The validated `meta.json` of a recording folder. */
export type RecordingMeta = z.infer<typeof metaSchema>;
export type RecordingFile = RecordingMeta['files']['x'];

/**
 * Reads and validates the `meta.json` of a folder.
 * @throws FtteError `recording-invalid` naming the file, the field, what came and what was expected
 */
export async function readMeta(folder: string): Promise<RecordingMeta> {
  const path = join(folder, 'meta.json');
  const text = await readFile(path, 'utf8').catch((error) => {
    throw invalid(`cannot read ${path}: ${messageOf(error)}`, path);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`${path} is not JSON: ${messageOf(error)}`, path);
  }
  const checked = checkSchema(metaSchema, value);
  if (checked.issue)
    throw invalid(`${path}: ${checked.issue.field || 'content'}: ${checked.issue.text}`, path);
  const meta = checked.data;
  const wanted = meta.channels.length;
  if (meta.window.channels !== wanted) {
    throw invalid(
      `${path}: window.channels is ${meta.window.channels}, expected ${wanted}, the number of channels`,
      path,
    );
  }
  const { x, y, start } = meta.files;
  if (x.shape[x.shape.length - 1] !== wanted) {
    throw invalid(
      `${path}: files.x.shape is [${x.shape}], expected the ${wanted} channels as its last number`,
      path,
    );
  }
  if (meta.layout === 'stream' && (!start || meta.window.length === undefined || x.shape.length !== 2)) {
    throw invalid(
      `${path}: layout stream needs files.start, window.length and files.x.shape [rows, channels]`,
      path,
    );
  }
  if (meta.layout === 'dense' && x.shape[0] !== y.shape[0]) {
    throw invalid(`${path}: files.x has ${x.shape[0]} examples, expected the ${y.shape[0]} of files.y`, path);
  }
  for (const name of ['start', 'subject', 'group', 'split'] as const) {
    const file = meta.files[name];
    if (file && file.shape[0] !== y.shape[0]) {
      throw invalid(
        `${path}: files.${name} has ${file.shape[0]} entries, expected the ${y.shape[0]} of files.y`,
        path,
      );
    }
  }
  return meta;
}

export function invalid(text: string, path: string): FtteError {
  return new FtteError('recording-invalid', text, { path });
}
