import { messageOf, readIfThere, setAside } from '../../platform';
import { parseTask, type Task } from '../../task';

/** The name of the file in the folder of a gateway. */
export const agreementFile = 'agreed-task.json';

/** The content of an agreement file. */
export interface StoredAgreement {
  /** The task that was agreed to; undefined if there is none, or it cannot be read. */
  readonly task: Task | undefined;
  /** The damage of a file that was set aside, as a sentence. */
  readonly damage?: string;
}

/**
 * Reads the task that a gateway has agreed to in a federation. One of another federation is none.
 * @throws FtteError `storage` if the file cannot be read or set aside
 */
export async function readAgreement(path: string, federation: string): Promise<StoredAgreement> {
  const bytes = await readIfThere(path);
  if (!bytes) return { task: undefined };
  try {
    const { federation: of, task } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    return { task: of === federation ? parseTask(task) : undefined };
  } catch (error) {
    const aside = await setAside(path);
    return {
      task: undefined,
      damage: `${path} is damaged (${messageOf(error)}) and is kept as ${aside}`,
    };
  }
}

/** The content of the file for a task that a gateway agrees to. */
export function agreementText(federation: string, task: Task): string {
  return `${JSON.stringify({ federation, task }, undefined, 2)}\n`;
}
