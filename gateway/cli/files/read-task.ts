import { basename, extname } from 'node:path';
import { FtteError, readJson } from '../../platform';
import { type Task, taskOfFile } from '../../task';

/**
 * Reads a task from a JSON file: a task, or a flow with a task node as Node-RED exports it. A task without a name is named
 * after the file.
 * @param chosen name or id of a task node in a flow with several
 * @throws FtteError `task-invalid` naming the file, and the field or the tasks of the flow; `model-invalid`
 */
export async function readTask(path: string, chosen?: string): Promise<Task> {
  const content = await readJson(path, 'task-invalid');
  try {
    return taskOfFile({ content, name: basename(path, extname(path)), chosen });
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    throw new FtteError(error.code, `${path}: ${error.message}`, error.details, { cause: error });
  }
}
