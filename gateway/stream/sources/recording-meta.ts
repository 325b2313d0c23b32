import { basename, join } from 'node:path';
import { z } from 'zod';
import { checkSchema, FtteError, readJson } from '../../platform';

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
    /** Rows before the beat, if windows lie around beats. */
    before: count.optional(),
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
  /** Number in the file of x that stands for a value that is missing, as NaN always does. */
  missing: z.union([z.number(), z.object({ value: z.number() })]).nullish(),
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
    /** Milliseconds from the beat before each example, and to the next. */
    rr: fileSchema.optional(),
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
  const value = await readJson(path, 'recording-invalid');
  const { issue, data } = checkSchema(metaSchema, value);
  if (issue) throw invalid(`${path}: ${issue.field || 'content'}: ${issue.text}`, path);
  checkFiles(data, path);
  return data;
}

/** Checks that the shapes of the files fit each other. @throws FtteError `recording-invalid` */
function checkFiles({ channels, window, layout, files }: RecordingMeta, path: string): void {
  const wrong = (text: string) => invalid(`${path}: ${text}`, path);
  const wanted = channels.length;
  if (window.channels !== wanted)
    throw wrong(`window.channels is ${window.channels}, expected ${wanted}, the number of channels`);
  const { x, y, start } = files;
  if (x.shape[x.shape.length - 1] !== wanted)
    throw wrong(`files.x.shape is [${x.shape}], expected the ${wanted} channels as its last number`);
  if (layout === 'stream' && (!start || window.length === undefined || x.shape.length !== 2))
    throw wrong('layout stream needs files.start, window.length and files.x.shape [rows, channels]');
  if (layout === 'dense' && x.shape[0] !== y.shape[0])
    throw wrong(`files.x has ${x.shape[0]} examples, expected the ${y.shape[0]} of files.y`);
  for (const name of ['start', 'subject', 'group', 'split', 'rr'] as const) {
    const file = files[name];
    if (file && file.shape[0] !== y.shape[0])
      throw wrong(`files.${name} has ${file.shape[0]} entries, expected the ${y.shape[0]} of files.y`);
  }
  if (files.rr && (files.rr.shape.length !== 2 || files.rr.shape[1] !== 2))
    throw wrong(`files.rr.shape is [${files.rr.shape}], expected [${y.shape[0]}, 2]: before and after`);
}

/** The number that stands for a missing value, as the file of x can hold it; undefined if none does. */
export function missingNumber({ missing, files }: RecordingMeta): number | undefined {
  const number = typeof missing === 'object' ? missing?.value : missing;
  return number !== undefined && files.x.dtype === 'float32' ? Math.fround(number) : number;
}

export function invalid(text: string, path: string): FtteError {
  return new FtteError('recording-invalid', text, { path });
}
