import { readFile } from 'node:fs/promises';
import { type ErrorCode, FtteError, wrapError } from '../errors/errors';

/**
 * Reads a JSON file that a person or another program wrote: UTF-8 with or without a byte order mark, or UTF-16 with one.
 * @throws FtteError of the given code naming the file, which cannot be read or is not JSON
 */
export async function readJson(path: string, code: ErrorCode): Promise<unknown> {
  let text: string;
  try {
    text = textOf(await readFile(path));
  } catch (error) {
    throw wrapError(code, `cannot read ${path}`, error, { path });
  }
  if (text.trim() === '') throw new FtteError(code, `${path} is empty, expected JSON`, { path });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrapError(code, `${path} is not JSON`, error, { path });
  }
}

function textOf(bytes: Buffer): string {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes.toString(isWide ? 'utf16le' : 'utf8').replace(/^\ufeff/, '');
}
