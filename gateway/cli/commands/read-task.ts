import { readFile } from 'node:fs/promises';
import { FtteError, messageOf } from '../../platform';
import { parseTask, type Task } from '../../task';

/** Reads a task from a JSON file. @throws FtteError `task-invalid` naming the file or the wrong field; `model-invalid` */
export async function readTask(path: string): Promise<Task> {
  const wrong = (text: string, cause: unknown) => new FtteError('task-invalid', text, { path }, { cause });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw wrong(`cannot read ${path}: ${messageOf(error)}`, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`${path} is not JSON: ${messageOf(error)}`, error);
  }
  return parseTask(value);
}
