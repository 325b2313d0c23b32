import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FtteError, readIfThere } from '../platform';

/** What a predictor of anomalies has learned, and of which model. No window: errors say nothing of what was measured. */
export interface LearnedThreshold {
  readonly lineage: string;
  /** The version whose errors these are. */
  readonly version: number;
  /** Whether the average of versions judged, or the version alone. */
  readonly use: 'average' | 'current';
  /** Share of ordinary windows above the threshold that was asked for, 0 to 1. */
  readonly falseAlarms: number;
  /** Change of errors, as a factor, since the oldest of these. */
  readonly drift: number;
  /** Reconstruction errors, oldest first; finite, none below 0. */
  readonly errors: Float32Array;
}

const magic = Buffer.from('FTTETHR1', 'latin1');
const digestBytes = 32;
/** A threshold is made of 64 KB of errors at most; who claims more is damaged. */
const mostErrors = 16_384;

const headerSchema = z.strictObject({
  lineage: z.string().min(1).max(64),
  version: z.number().int().min(0),
  use: z.enum(['average', 'current']),
  falseAlarms: z.number().positive().max(1),
  drift: z.number().positive(),
  count: z.number().int().min(1).max(mostErrors),
});

/**
 * One file, little-endian: the magic, the SHA-256 of the rest, the header's length (u32), the header (JSON), the errors
 * (float32).
 */
export function encodeThreshold({ errors, ...learned }: LearnedThreshold): Uint8Array {
  const header = Buffer.from(JSON.stringify({ ...learned, count: errors.length }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const content = Buffer.concat([
    length,
    header,
    Buffer.from(errors.buffer, errors.byteOffset, errors.byteLength),
  ]);
  return Buffer.concat([magic, digest(content), content]);
}

/**
 * Reads a file that `encodeThreshold` made; undefined where there is none.
 * @throws FtteError `storage` naming the path and what is wrong with the content
 */
export async function readThreshold(path: string): Promise<LearnedThreshold | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const damaged = (what: string) =>
    new FtteError('storage', `${path} is damaged (${what}): the threshold of anomalies is learned anew`, {
      path,
    });
  const content = bytes.subarray(magic.length + digestBytes);
  if (content.length < 4 || !bytes.subarray(0, magic.length).equals(magic)) throw damaged('not a threshold');
  if (!digest(content).equals(bytes.subarray(magic.length, magic.length + digestBytes)))
    throw damaged('checksum differs');
  const end = 4 + content.readUInt32LE(0);
  const header = headerSchema.safeParse(parsed(content.toString('utf8', 4, end)));
  if (!header.success) throw damaged(`header: ${header.error.issues[0]?.message ?? 'wrong'}`);
  const { count, ...learned } = header.data;
  if (content.length !== end + 4 * count)
    throw damaged(`${content.length - end} bytes of errors, wanted ${4 * count}`);
  const errors = Float32Array.from({ length: count }, (_, i) => content.readFloatLE(end + 4 * i));
  if (!errors.every((error) => Number.isFinite(error) && error >= 0)) throw damaged('an error is no number');
  return { ...learned, errors };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
