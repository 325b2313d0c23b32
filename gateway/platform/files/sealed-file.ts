import { createHash } from 'node:crypto';
import { yieldToEventLoop } from '../concurrency/resumable';
import type { FtteError } from '../errors/errors';

/** The format of a file whose content is protected by a SHA-256. */
export interface SealedForm {
  /** The first eight characters: the kind of the file and the version of its format. */
  readonly magic: string;
  /**
   * `front`: the digest follows the magic and covers everything after it. `end`: it is at the end and covers everything
   * before it.
   */
  readonly digest: 'front' | 'end';
}

const digestBytes = 32;
/** Hashing this many bytes takes about a millisecond. The event loop gets a turn after each slice. */
const sliceBytes = 256 * 1024;

/** The bytes of a file of this format. */
export async function sealed(form: SealedForm, content: readonly Uint8Array[]): Promise<Uint8Array> {
  const magic = Buffer.from(form.magic, 'latin1');
  if (form.digest === 'front') return Buffer.concat([magic, await sha256(content), ...content]);
  return Buffer.concat([magic, ...content, await sha256([magic, ...content])]);
}

/**
 * The content of a file of this format.
 * @param damaged makes the error that is thrown if `sealed` did not make these bytes
 */
export async function unsealed(
  form: SealedForm,
  bytes: Buffer,
  damaged: (what: string) => FtteError,
): Promise<Buffer> {
  const { content, covered, digest } = partsOf(form, bytes, damaged);
  if (!(await sha256([covered])).equals(digest)) throw damaged('its checksum differs');
  return content;
}

/** As `unsealed`, in one turn of the event loop: for files of at most some kilobytes. */
export function unsealedNow(form: SealedForm, bytes: Buffer, damaged: (what: string) => FtteError): Buffer {
  const { content, covered, digest } = partsOf(form, bytes, damaged);
  if (!createHash('sha256').update(covered).digest().equals(digest)) throw damaged('its checksum differs');
  return content;
}

function partsOf(form: SealedForm, bytes: Buffer, damaged: (what: string) => FtteError) {
  const { magic } = form;
  const overhead = magic.length + digestBytes;
  if (bytes.length < overhead) throw damaged(`expected at least ${overhead} bytes, got ${bytes.length}`);
  if (bytes.toString('latin1', 0, magic.length) !== magic) throw damaged(`it does not start with ${magic}`);
  const front = form.digest === 'front';
  const end = bytes.length - digestBytes;
  const digest = front ? bytes.subarray(magic.length, overhead) : bytes.subarray(end);
  const content = front ? bytes.subarray(overhead) : bytes.subarray(magic.length, end);
  return { content, digest, covered: front ? content : bytes.subarray(0, end) };
}

async function sha256(content: readonly Uint8Array[]): Promise<Buffer> {
  const hash = createHash('sha256');
  let hashed = 0;
  for (const part of content) {
    for (let at = 0; at < part.length; at += sliceBytes) {
      const slice = part.subarray(at, at + sliceBytes);
      hash.update(slice);
      hashed += slice.length;
      if (hashed < sliceBytes) continue;
      hashed = 0;
      await yieldToEventLoop();
    }
  }
  return hash.digest();
}
