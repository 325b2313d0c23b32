import { z } from 'zod';
import {
  bytesOfFloats,
  checkSchema,
  FtteError,
  floatsOfBytes,
  headedBytes,
  readIfThere,
  type SealedForm,
  sealed,
  splitHeader,
  unsealed,
} from '../platform';

/**
 * The errors that a predictor of anomalies has learned, and their model. There are no windows in it, and errors do not reveal what
 * was measured.
 */
export interface LearnedThreshold {
  readonly lineage: string;
  /** The version of the errors. */
  readonly version: number;
  /** Whether the average of versions was used, or the version alone. */
  readonly use: 'average' | 'current';
  /** The requested share of ordinary windows above the threshold, 0 to 1. */
  readonly falseAlarms: number;
  /** Change of the errors, as a factor, since the oldest of them. */
  readonly drift: number;
  /** Reconstruction errors, oldest first; finite and not negative. */
  readonly errors: Float32Array;
}

const form: SealedForm = { magic: 'FTTETHR1', digest: 'front' };
/** A threshold has at most 64 KB of errors. A file that claims more is damaged. */
const mostErrors = 16_384;

const headerSchema = z.strictObject({
  lineage: z.string().min(1).max(64),
  version: z.number().int().min(0),
  use: z.enum(['average', 'current']),
  falseAlarms: z.number().positive().max(1),
  drift: z.number().positive(),
  count: z.number().int().min(1).max(mostErrors),
});

/** The bytes of a sealed file with a JSON header and the errors (float32, little-endian). */
export function encodeThreshold({ errors, ...learned }: LearnedThreshold): Promise<Uint8Array> {
  return sealed(form, headedBytes({ ...learned, count: errors.length }, [bytesOfFloats(errors)]));
}

/**
 * Reads a file of `encodeThreshold`. Undefined if there is none.
 * @throws FtteError `storage` naming the path and the damage
 */
export async function readThreshold(path: string): Promise<LearnedThreshold | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const damaged = (what: string) =>
    new FtteError('storage', `${path} is damaged (${what}): the threshold of anomalies is learned again`, {
      path,
    });
  const parts = splitHeader(await unsealed(form, bytes, damaged));
  if (!parts) throw damaged('its header is not JSON');
  const { data, issue } = checkSchema(headerSchema, parts.header);
  if (issue) throw damaged(`its header: ${issue.field}: ${issue.text}`);
  const { count, ...learned } = data;
  if (parts.body.length !== 4 * count)
    throw damaged(`expected ${4 * count} bytes of errors, got ${parts.body.length}`);
  const errors = floatsOfBytes(parts.body);
  if (!errors.every((error) => Number.isFinite(error) && error >= 0))
    throw damaged('an error is not a number of 0 or more');
  return { ...learned, errors };
}
