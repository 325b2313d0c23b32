import { readFile } from 'node:fs/promises';
import { type ErrorCode, wrapError } from '../errors/errors';

/** The value of a JSON file. @throws FtteError of the given code that names the path if it cannot be read, or is not JSON */
export async function readJson(path: string, code: ErrorCode): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw wrapError(code, `cannot read ${path}`, error, { path });
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrapError(code, `${path} is not JSON`, error, { path });
  }
}
