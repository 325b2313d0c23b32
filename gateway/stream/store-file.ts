import { z } from 'zod';
import {
  bytesOfFloats,
  FtteError,
  floatsOfBytes,
  headedBytes,
  readIfThere,
  type SealedForm,
  sealed,
  splitHeader,
  unsealed,
} from '../platform';
import type { Task } from '../task';

/** The content of a sample store's file. */
export interface StoreContent {
  readonly input: Task['input'] | undefined;
  /** Rows of a sample. */
  readonly rows: number;
  readonly labels: readonly string[];
  readonly reservoirs: readonly { label: number; seen: number; windows: Float32Array[] }[];
}

interface Header {
  readonly input?: Task['input'];
  /** Absent if a sample is a window. */
  readonly rows?: number;
  readonly labels: string[];
  readonly reservoirs: { label: number; seen: number; count: number }[];
}

const whole = z.number().int().min(0);
/** The fields that reading depends on. The caller compares the kind of windows with the task's. */
const headerSchema = z.object({
  input: z.looseObject({ length: whole, channels: z.array(z.looseObject({ name: z.string() })) }).optional(),
  rows: whole.optional(),
  labels: z.array(z.string()),
  reservoirs: z.array(z.object({ label: whole, seen: whole, count: whole })),
});

const form: SealedForm = { magic: 'FTTESMP1', digest: 'end' };

/** The bytes of a sealed file with a JSON header and every window, one after the other (float32, little-endian). */
export function encodeStore(content: StoreContent): Promise<Uint8Array> {
  const header: Header = {
    input: content.input,
    rows: content.rows,
    labels: [...content.labels],
    reservoirs: content.reservoirs.map(({ label, seen, windows }) => ({
      label,
      seen,
      count: windows.length,
    })),
  };
  // Windows are never changed, so references are enough while the event loop makes its turns.
  const windows = content.reservoirs.flatMap((reservoir) => reservoir.windows.map(bytesOfFloats));
  return sealed(form, headedBytes(header, windows));
}

/**
 * Reads a file of `encodeStore`. Undefined if there is none.
 * @throws FtteError `storage` naming the path and the damage
 */
export async function decodeStore(path: string): Promise<StoreContent | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const damaged = (what: string) =>
    new FtteError('storage', `${path} is damaged (${what}): its samples are lost`, { path });
  const parts = splitHeader(await unsealed(form, bytes, damaged));
  const parsed = headerSchema.safeParse(parts?.header);
  // Files of other versions have correct checksums, too.
  if (!parts || !parsed.success) throw damaged('its header is of another format');
  const header = parsed.data as Header;
  const rows = header.rows ?? header.input?.length ?? 0;
  const bytesEach = rows * (header.input?.channels.length ?? 0) * 4;
  const count = header.reservoirs.reduce((sum, reservoir) => sum + reservoir.count, 0);
  if (count * bytesEach !== parts.body.length)
    throw damaged(`expected ${count * bytesEach} bytes of windows, got ${parts.body.length}`);
  let at = 0;
  const reservoirs = header.reservoirs.map(({ label, seen, count }) => {
    const windows: Float32Array[] = [];
    for (let i = 0; i < count; i++) {
      windows.push(floatsOfBytes(parts.body.subarray(at, at + bytesEach)));
      at += bytesEach;
    }
    return { label, seen, windows };
  });
  return { input: header.input, rows, labels: header.labels, reservoirs };
}
