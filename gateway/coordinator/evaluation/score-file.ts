import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { SelectionGuide } from '../../model';
import { writeAtomically } from '../../platform';

const bytes = z
  .string()
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
  .optional();
const schema = z.object({
  lineage: z.string(),
  strategy: z.string(),
  guide: z.object({
    version: z.number().int().min(0),
    norms: bytes,
    gradients: bytes,
    gains: z.array(z.object({ tensor: z.number().int(), gains: z.array(z.number()) })).optional(),
  }),
});

/** What a guide was measured for: another lineage or strategy has no use for it. */
export interface GuideSubject {
  readonly lineage: string;
  readonly strategy: string;
}

/** Keeps a model's guide over restarts, beside its checkpoints. Undefined folder: nothing outlives the process. */
export class GuideFile {
  private readonly path: string | undefined;

  constructor(folder: string | undefined) {
    this.path = folder === undefined ? undefined : join(folder, 'guide.json');
  }

  /** The guide of before; undefined where there is none, or it cannot be read: it is measured again then. */
  async read({ lineage, strategy }: GuideSubject): Promise<SelectionGuide | undefined> {
    if (this.path === undefined) return undefined;
    try {
      const found = parseGuide(await readFile(this.path, 'utf8'));
      if (found.lineage !== lineage) return undefined;
      if (found.strategy === strategy) return found.guide;
      const { version, norms } = found.guide;
      return norms && { version, norms };
    } catch {
      return undefined;
    }
  }

  /** @throws FtteError `storage` */
  async write({ lineage, strategy }: GuideSubject, guide: SelectionGuide): Promise<void> {
    if (this.path === undefined) return;
    const text = (codes: Uint8Array | undefined) => codes && Buffer.from(codes).toString('base64');
    const { norms, gradients } = guide;
    const written = { ...guide, norms: text(norms), gradients: text(gradients) };
    await writeAtomically(this.path, JSON.stringify({ lineage, strategy, guide: written }));
  }
}

/** Reads what a `GuideFile` holds. @throws Error for a person: no JSON, or a field is missing or wrong */
export function parseGuide(text: string): GuideSubject & { readonly guide: SelectionGuide } {
  const { guide, ...subject } = schema.parse(JSON.parse(text));
  const { version, norms, gradients, gains } = guide;
  return { ...subject, guide: definedOnly({ version, norms, gradients, gains }) };
}

function definedOnly(
  guide: { [Key in keyof SelectionGuide]: SelectionGuide[Key] | undefined },
): SelectionGuide {
  return Object.fromEntries(
    Object.entries(guide).filter(([, value]) => value !== undefined),
  ) as unknown as SelectionGuide; // `version` is among them
}
