import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import { FtteError, readIfThere } from '../platform';
import type { Task } from '../task';

/** What a sample store's file holds. */
export interface StoreContent {
  readonly input: Task['input'] | undefined;
  /** Rows of a sample. */
  readonly rows: number;
  readonly labels: readonly string[];
  readonly reservoirs: readonly { label: number; seen: number; windows: Float32Array[] }[];
}

interface Header {
  readonly input?: Task['input'];
  /** Absent where a sample is a window. */
  readonly rows?: number;
  readonly labels: string[];
  readonly reservoirs: { label: number; seen: number; count: number }[];
}

const whole = z.number().int().min(0);
/** As much of it as reading depends on; what windows are of is compared with the task's by who takes them. */
const headerSchema = z.object({
  input: z.looseObject({ length: whole, channels: z.array(z.looseObject({ name: z.string() })) }).optional(),
  rows: whole.optional(),
  labels: z.array(z.string()),
  reservoirs: z.array(z.object({ label: whole, seen: whole, count: whole })),
});

const magic = 'FTTESMP1';
const digestBytes = 32;
/** Hashing this much takes about a millisecond; then the event loop gets a turn. */
const slice = 256 * 1024;

/**
 * One file, little-endian: the magic, the header's length (u32), the header (JSON), every window end to end
 * (float32), and the SHA-256 of all that.
 */
export async function encodeStore(content: StoreContent): Promise<Uint8Array> {
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
  const text = Buffer.from(JSON.stringify(header));
  // Windows are never changed, so holding them is enough while the loop gets its turns.
  const windows = content.reservoirs.flatMap((reservoir) => reservoir.windows);
  const size = windows[0]?.length ?? 0;
  const bytes = Buffer.alloc(magic.length + 4 + text.length + windows.length * size * 4 + digestBytes);
  bytes.write(magic, 0, 'latin1');
  bytes.writeUInt32LE(text.length, magic.length);
  text.copy(bytes, magic.length + 4);
  let at = magic.length + 4 + text.length;
  for (const window of windows) {
    at += Buffer.from(window.buffer, window.byteOffset, window.byteLength).copy(bytes, at);
  }
  (await digest(bytes.subarray(0, at))).copy(bytes, at);
  return bytes;
}

/**
 * Reads a file that `encodeStore` made; undefined where there is none.
 * @throws FtteError `storage` naming the path and what is wrong with the content
 */
export async function decodeStore(path: string): Promise<StoreContent | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const damaged = (what: string) =>
    new FtteError('storage', `${path} is damaged (${what}): its samples are lost`, { path });
  if (bytes.length < magic.length + 4 + digestBytes) throw damaged(`only ${bytes.length} bytes`);
  if (bytes.toString('latin1', 0, magic.length) !== magic) throw damaged('not a file of samples');
  const end = bytes.length - digestBytes;
  if (!(await digest(bytes.subarray(0, end))).equals(bytes.subarray(end))) throw damaged('checksum differs');
  const textEnd = magic.length + 4 + bytes.readUInt32LE(magic.length);
  const header = headerOf(bytes.toString('utf8', magic.length + 4, textEnd));
  if (!header) throw damaged('its header is of another form');
  const rows = header.rows ?? header.input?.length ?? 0;
  const size = rows * (header.input?.channels.length ?? 0);
  const windows = header.reservoirs.reduce((sum, { count }) => sum + count, 0);
  if (textEnd + windows * size * 4 !== end) throw damaged(`${windows} windows do not fill it`);
  let at = textEnd;
  const reservoirs = header.reservoirs.map(({ label, seen, count }) => {
    const windows: Float32Array[] = [];
    for (let i = 0; i < count; i++) {
      const window = new Float32Array(size);
      Buffer.from(window.buffer).set(bytes.subarray(at, at + size * 4));
      at += size * 4;
      windows.push(window);
    }
    return { label, seen, windows };
  });
  return { input: header.input, rows, labels: header.labels, reservoirs };
}

/** Undefined where it is none: files of other versions have check sums, too. */
function headerOf(text: string): Header | undefined {
  try {
    return headerSchema.parse(JSON.parse(text)) as Header;
  } catch {
    return undefined;
  }
}

async function digest(bytes: Buffer): Promise<Buffer> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += slice) {
    hash.update(bytes.subarray(at, at + slice));
    await breathe();
  }
  return hash.digest();
}
