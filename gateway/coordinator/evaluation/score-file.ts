import { z } from 'zod';
import type { ImportanceScores } from '../../model';
import type { Task } from '../../task';

/** The importance scores of one model as a file holds them: JSON, bytes in base64. */
export interface ScoreFile extends ScoreSubject {
  readonly importance: ImportanceScores;
}

/** The lineage and strategy that importance scores were measured for; they are of no use to others. */
export interface ScoreSubject {
  readonly lineage: string;
  readonly strategy: string;
}

/** The subject of what a coordinator measures. */
export const scoreSubject = ({ lineage, task }: { lineage: string; task: Task }): ScoreSubject => ({
  lineage,
  strategy: task.selection.strategy,
});

const bytes = z
  .string()
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
  .optional();
const schema = z.object({
  lineage: z.string(),
  strategy: z.string(),
  importance: z.object({
    version: z.number().int().min(0),
    norms: bytes,
    gradients: bytes,
    gains: z.array(z.object({ tensor: z.number().int(), gains: z.array(z.number()) })).optional(),
  }),
});

/** Reads the text of a file of importance scores. @throws Error naming the field if it is no JSON, or a field is missing or wrong */
export function parseImportanceScores(text: string): ScoreFile {
  const { importance, ...subject } = schema.parse(JSON.parse(text));
  const { version, norms, gradients, gains } = importance;
  return { ...subject, importance: definedOnly({ version, norms, gradients, gains }) };
}

/** The text that `parseImportanceScores` reads. */
export function formatImportanceScores({ importance, lineage, strategy }: ScoreFile): string {
  const base64 = (codes: Uint8Array | undefined) => codes && Buffer.from(codes).toString('base64');
  const { norms, gradients } = importance;
  const written = { ...importance, norms: base64(norms), gradients: base64(gradients) };
  return JSON.stringify({ lineage, strategy, importance: written });
}

function definedOnly(
  importance: { [Key in keyof ImportanceScores]: ImportanceScores[Key] | undefined },
): ImportanceScores {
  return Object.fromEntries(
    Object.entries(importance).filter(([, value]) => value !== undefined),
  ) as unknown as ImportanceScores; // `version` is among them
}
