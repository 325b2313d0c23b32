import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { FtteError, wrapError } from '../../../platform';
import { otherKindOf, recogniseEncoding, type TextEncoding, TextPieces } from './text-encoding';

/** Bytes that are read to recognise a file. */
const headBytes = 64 * 1024;

/** The first lines of a text file. */
export interface Head {
  readonly encoding: TextEncoding;
  /** Complete lines, each with `\n` at its end; in a short file also the last one. */
  readonly text: string;
  /** True if this is the whole file. */
  readonly whole: boolean;
}

/**
 * Reads the first lines of a file.
 * @param chosen encoding; undefined to recognise it
 * @throws FtteError `recording-invalid` naming the file: it cannot be read, is empty, or is another kind of file
 */
export async function readHead(path: string, chosen?: TextEncoding): Promise<Head> {
  const { bytes, whole } = await readBytes(path);
  const refuse = (what: string) => new FtteError('recording-invalid', `${path} is ${what}`, { path });
  if (bytes.length === 0) throw refuse('empty, expected rows of numbers');
  const other = otherKindOf(bytes);
  if (other !== undefined && chosen === undefined) throw refuse(other);
  const encoding = chosen ?? recogniseEncoding(bytes);
  const pieces = new TextPieces(encoding);
  const text = pieces.write(bytes) + (whole ? pieces.end() : '');
  const markup = markupKindOf(text);
  if (markup !== undefined) throw refuse(markup);
  if (whole) return { encoding, text: text.endsWith('\n') ? text : `${text}\n`, whole };
  const end = text.lastIndexOf('\n') + 1;
  if (end === 0) throw refuse(`no table: its first line has more than ${headBytes / 1024} KB`);
  return { encoding, text: text.slice(0, end), whole };
}

async function readBytes(path: string): Promise<{ bytes: Buffer; whole: boolean }> {
  let file: FileHandle | undefined;
  try {
    // To open a named pipe would wait for its writer, for ever and in a thread that reads files.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile())
      throw new FtteError('recording-invalid', `${path} is no file that can be read twice`, { path });
    const buffer = Buffer.alloc(Math.min(headBytes, stats.size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return { bytes: buffer.subarray(0, bytesRead), whole: bytesRead === stats.size };
  } catch (error) {
    if (error instanceof FtteError) throw error;
    throw wrapError('recording-invalid', `cannot read ${path}`, error, { path });
  } finally {
    await file?.close();
  }
}

/** The format of a text that is no table, with what to do about it; undefined for another text. */
function markupKindOf(text: string): string | undefined {
  const start = text.trimStart().slice(0, 4000);
  if (/^<[?!]?[a-z]/i.test(start) && /<[?!/]|\/>/.test(start)) {
    return start.includes('<HealthData')
      ? 'the XML of Apple Health: convert it to CSV with the columns type, startDate and value'
      : 'XML or HTML: export it as CSV';
  }
  return /^(?:\{\s*"|\[\s*[[{"])/.test(start) ? 'JSON: export it as CSV' : undefined;
}
