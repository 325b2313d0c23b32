import { z } from 'zod';
import {
  bytesOfFloats,
  checkSchema,
  FtteError,
  floatsOfBytes,
  headedBytes,
  otherKeyText,
  readIfThere,
  type SealedForm,
  type StorageCipher,
  sealed,
  splitHeader,
  unsealed,
} from '../../platform';
import type { PersonalComparison } from './personal-report';

/** An adopted model of a gateway: what it adds to the shared one, and what it was judged by. */
export interface OwnModel {
  readonly lineage: string;
  readonly modelKey: string;
  /** Whether it adds to the average of versions, or to the version alone. */
  readonly use: 'average' | 'current';
  /** The version of the shared model that it was compared with last. */
  readonly version: number;
  /** Weight of `change`, above 0 and at most 1. */
  readonly mixture: number;
  /** The largest id of a sample that adapted it. */
  readonly newest: number;
  readonly adaptedOn: number;
  readonly trainedShare: number;
  readonly comparison: PersonalComparison;
  /** Adapted minus shared, flat; finite. */
  readonly change: Float32Array;
}

const form: SealedForm = { magic: 'FTTEPER1', digest: 'front' };
/** The same with encrypted content. */
const encryptedForm: SealedForm = { magic: 'FTTEPER2', digest: 'front' };

const whole = z.number().int().min(0);
const share = z.number().min(0).max(1);
const accuracy = z.strictObject({ accuracy: share, balancedAccuracy: share });
const headerSchema = z.strictObject({
  lineage: z.string().min(1).max(64),
  modelKey: z.string().min(1).max(256),
  use: z.enum(['average', 'current']),
  version: whole,
  mixture: z.number().positive().max(1),
  newest: whole,
  adaptedOn: whole,
  trainedShare: share,
  comparison: z.strictObject({
    windows: whole,
    shared: accuracy,
    personal: accuracy,
    gain: z.number().min(-1).max(1),
    noise: z.number().min(0).max(1),
  }),
  count: whole,
});

/** The bytes of a sealed file with a JSON header and the change (float32, little-endian), encrypted if there is a cipher. */
export function encodePersonal({ change, ...own }: OwnModel, cipher?: StorageCipher) {
  const header = { ...own, count: change.length };
  const content = headedBytes(header, [bytesOfFloats(change)]);
  return cipher ? sealed(encryptedForm, cipher.seal(content)) : sealed(form, content);
}

/** The content of a file of an own model. */
export interface FoundModel {
  readonly own: OwnModel;
  /** Whether the file is as it would be written now: encrypted if there is a cipher. */
  readonly isCurrent: boolean;
}

/**
 * Reads a file of `encodePersonal`. Undefined if there is none.
 * @throws FtteError `storage` naming the path and the damage, or that it needs another key
 */
export async function readPersonal(path: string, cipher?: StorageCipher): Promise<FoundModel | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const damaged = (what: string) =>
    new FtteError('storage', `${path} is damaged (${what}): this gateway adapts the shared model again`, {
      path,
    });
  const isEncrypted = bytes.toString('latin1', 0, encryptedForm.magic.length) === encryptedForm.magic;
  const content = await unsealed(isEncrypted ? encryptedForm : form, bytes, damaged);
  const opened = isEncrypted ? (cipher?.open(content) ?? 'other-key') : content;
  if (opened === 'changed') throw damaged('its encrypted content has changed');
  if (opened === 'other-key')
    throw new FtteError('storage', `${path}: ${otherKeyText(cipher !== undefined)}`, { path });
  const parts = splitHeader(opened);
  if (!parts) throw damaged('its header is not JSON');
  const { data, issue } = checkSchema(headerSchema, parts.header);
  if (issue) throw damaged(`its header: ${issue.field}: ${issue.text}`);
  const { count, ...own } = data;
  if (parts.body.length !== 4 * count)
    throw damaged(`expected ${4 * count} bytes of parameters, got ${parts.body.length}`);
  const change = floatsOfBytes(parts.body);
  if (!change.every(Number.isFinite)) throw damaged('a parameter is not finite');
  const isCurrent = isEncrypted === (cipher !== undefined);
  return { own: { ...own, change }, isCurrent };
}
