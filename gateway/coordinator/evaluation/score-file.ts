import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ImportanceScores } from '../../model';
import { writeAtomically } from '../../platform';

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

/** What the importance scores was measured for: another lineage or strategy has no use for it. */
export interface ScoreSubject {
  readonly lineage: string;
  readonly strategy: string;
}

/** Keeps a model's importance scores over restarts, beside its checkpoints. Undefined folder: nothing outlives the process. */
export class ScoreFile {
  private readonly path: string | undefined;

  constructor(folder: string | undefined) {
    this.path = folder === undefined ? undefined : join(folder, 'importance.json');
  }

  /** The importance scores of before; undefined where there is none, or it cannot be read: it is measured again then. */
  async read({ lineage, strategy }: ScoreSubject): Promise<ImportanceScores | undefined> {
    if (this.path === undefined) return undefined;
    try {
      const found = parseImportanceScores(await readFile(this.path, 'utf8'));
      if (found.lineage !== lineage) return undefined;
      if (found.strategy === strategy) return found.importance;
      const { version, norms } = found.importance;
      return norms && { version, norms };
    } catch {
      return undefined;
    }
  }

  /** @throws FtteError `storage` */
  async write({ lineage, strategy }: ScoreSubject, importance: ImportanceScores): Promise<void> {
    if (this.path === undefined) return;
    const text = (codes: Uint8Array | undefined) => codes && Buffer.from(codes).toString('base64');
    const { norms, gradients } = importance;
    const written = { ...importance, norms: text(norms), gradients: text(gradients) };
    await writeAtomically(this.path, JSON.stringify({ lineage, strategy, importance: written }));
  }
}

/** Reads what a `ScoreFile` holds. @throws Error for a person: no JSON, or a field is missing or wrong */
export function parseImportanceScores(
  text: string,
): ScoreSubject & { readonly importance: ImportanceScores } {
  const { importance, ...subject } = schema.parse(JSON.parse(text));
  const { version, norms, gradients, gains } = importance;
  return { ...subject, importance: definedOnly({ version, norms, gradients, gains }) };
}

function definedOnly(
  importance: { [Key in keyof ImportanceScores]: ImportanceScores[Key] | undefined },
): ImportanceScores {
  return Object.fromEntries(
    Object.entries(importance).filter(([, value]) => value !== undefined),
  ) as unknown as ImportanceScores; // `version` is among them
}
