import { FtteError, isObject } from '../platform';
import type { Task } from './schema';
import { parseTask } from './task';

/**
 * A task as the editor stores it. The name is that of the node, and numbers may be text from the environment.
 * @throws FtteError `task-invalid` or `model-invalid` naming the field
 */
export function parseStoredTask(name: unknown, stored: unknown): Task {
  if (!isObject(stored))
    throw new FtteError('task-invalid', 'task: is empty; open the node and fill it in', { field: 'task' });
  return parseTask({ ...(withNumbers(stored) as object), name });
}

/** The task of a file, and its name if the file does not give one. */
export interface TaskFile {
  readonly content: unknown;
  readonly name: string;
  /** Name or id of a task node, if the content is a flow with several; undefined for the only one. */
  readonly chosen?: string | undefined;
}

/**
 * The task of a file: a task with or without a name, an `ftte-task` node as Node-RED exports it, or a flow with such a node.
 * @throws FtteError `task-invalid` or `model-invalid` naming the field, or the tasks of a flow with several
 */
export function taskOfFile({ content, name, chosen }: TaskFile): Task {
  const flow = nodesOf(content);
  // Only the editor stores a task without its name.
  if (!flow)
    return isObject(content) && !('name' in content) ? parseStoredTask(name, content) : parseTask(content);
  const nodes = flow.filter(isObject).filter(({ type }) => type === 'ftte-task');
  const found = nodes.filter(
    (node) => chosen === undefined || node['name'] === chosen || node['id'] === chosen,
  );
  const [node, ...more] = found;
  if (node && more.length === 0) return parseStoredTask(node['name'] || name, node['task']);
  throw new FtteError('task-invalid', refusal(nodes, chosen), { tasks: nodes.length });
}

/** The nodes of a flow, in the forms that Node-RED exports; undefined for another content. */
function nodesOf(content: unknown): readonly unknown[] | undefined {
  if (Array.isArray(content)) return content;
  if (!isObject(content)) return undefined;
  if (Array.isArray(content['flows'])) return content['flows'];
  return typeof content['type'] === 'string' && 'id' in content ? [content] : undefined;
}

function refusal(nodes: readonly Record<string, unknown>[], chosen: string | undefined): string {
  const names = nodes.map(({ name, id }) => JSON.stringify(name || id)).join(', ');
  if (nodes.length === 0) return 'the flow has no ftte-task node, expected one';
  return chosen === undefined
    ? `the flow has ${nodes.length} tasks (${names}), expected the name of one`
    : `the flow has no task "${chosen}"; it has ${names}`;
}

/** Fields that stay text even if they look like numbers: a channel may be called "1". */
const textFields: ReadonlySet<string> = new Set(['name', 'unit', 'labels']);

/** The channels of a forecast are names; those of the input have names. */
const isText = (key: string, item: unknown) =>
  textFields.has(key) ||
  (key === 'channels' && Array.isArray(item) && item.every((each) => typeof each === 'string'));

function withNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNumbers);
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, isText(key, item) ? item : withNumbers(item)]),
    );
  }
  if (typeof value !== 'string' || value.trim() === '') return value;
  return Number.isFinite(Number(value)) ? Number(value) : value;
}
