import { readJson } from '../../platform';
import { parseTask, type Task } from '../../task';

/** Reads a task from a JSON file. @throws FtteError `task-invalid` naming the file or the wrong field; `model-invalid` */
export async function readTask(path: string): Promise<Task> {
  return parseTask(await readJson(path, 'task-invalid'));
}
