import { z } from 'zod';
import { FtteError, floatsOfBytes, type SealedForm, splitHeader, unsealed } from '../../platform';
import type { Task } from '../../task';
import type { StoreContent, StoredSample } from './store-content';

const whole = z.number().int().min(0);
/** The fields that reading depends on. The caller compares the kind of windows with the task's. */
const headerSchema = z.object({
  input: z.looseObject({ length: whole, channels: z.array(z.looseObject({ name: z.string() })) }).optional(),
  rows: whole.optional(),
  labels: z.array(z.string()),
  reservoirs: z.array(z.object({ label: whole, seen: whole, count: whole })),
});

export const sealedForm: SealedForm = { magic: 'FTTESMP1', digest: 'end' };

/**
 * Reads the samples of a file in the earlier format: a sealed file with a JSON header and every window, one after the
 * other (float32, little-endian).
 * @throws FtteError `storage` naming the path and the damage
 */
export async function readSealedSamples(path: string, bytes: Buffer): Promise<StoreContent> {
  const damaged = (what: string) =>
    new FtteError('storage', `${path} is damaged (${what}): its samples are lost`, { path });
  const parts = splitHeader(await unsealed(sealedForm, bytes, damaged));
  const parsed = headerSchema.safeParse(parts?.header);
  // Files of other versions have correct checksums, too.
  if (!parts || !parsed.success) throw damaged('its header is of another format');
  const { labels, ...header } = parsed.data;
  const input = header.input as Task['input'] | undefined;
  const rows = header.rows ?? input?.length ?? 0;
  const bytesEach = rows * (input?.channels.length ?? 0) * 4;
  const count = header.reservoirs.reduce((sum, reservoir) => sum + reservoir.count, 0);
  if (count * bytesEach !== parts.body.length)
    throw damaged(`expected ${count * bytesEach} bytes of windows, got ${parts.body.length}`);
  let at = 0;
  let id = 1;
  const reservoirs = header.reservoirs.map(({ label, seen, count }) => {
    const samples: StoredSample[] = [];
    for (let i = 0; i < count; i++) {
      samples.push({ id: id++, label, window: floatsOfBytes(parts.body.subarray(at, at + bytesEach)) });
      at += bytesEach;
    }
    return { label, seen, samples };
  });
  return { input, rows, labels, reservoirs };
}
