import { z } from 'zod';
import { type Task, taskLoss } from '../../task';

const text = z.string().max(256);

const metadataSchema = z.looseObject({
  task: text,
  kind: z.enum(['classification', 'forecast', 'anomaly']),
  /** Lineage and version of the federation's model; left out where it comes from a parameters file. */
  lineage: text.optional(),
  version: z.number().int().min(0).optional(),
  /** Meaning of the outputs, in order. */
  labels: z.array(text).max(1000),
  /** Steps from readings to the model's input: each value is (value - centre) / spread with `channel`. */
  input: z.looseObject({
    channels: z
      .array(z.looseObject({ name: text, unit: text, centre: z.number(), spread: z.number() }))
      .max(64),
    rateHz: z.number(),
    length: z.number(),
    hop: z.number(),
    normalisation: z.enum(['channel', 'window', 'person', 'none']),
  }),
  forecast: z.looseObject({ horizon: z.number(), channels: z.array(text).optional() }).optional(),
  loss: text,
});

/** The task of an exported model, under `userDefinedMetadata.ftte` of its model.json. */
export type ModelMetadata = z.infer<typeof metadataSchema>;

/** Metadata of a model to be written. @param origin lineage and version, if they are known */
export function metadataOf(task: Task, origin: { lineage?: string; version?: number } = {}): ModelMetadata {
  const { name, kind, labels, input, forecast } = task;
  return {
    task: name,
    kind,
    ...origin,
    labels: [...labels],
    input,
    ...(forecast ? { forecast } : {}),
    loss: taskLoss(task),
  };
}

/** Metadata of ours in a file; undefined where there is none or it is not of this form: it only ever helps. */
export function parseMetadata(value: unknown): ModelMetadata | undefined {
  const result = metadataSchema.safeParse(value);
  return result.success ? result.data : undefined;
}
