import { z } from 'zod';
import { type ModelChangeChoice, modelChanges } from '../../gateway/coordinator';
import { FtteError } from '../../gateway/platform';
import { parseTask, type Task } from '../../gateway/task';
import { field, migrateConfig, readConfig } from '../runtime';
import { migrations } from './migrations';

/**
 * The task of a task node's config.
 * @throws FtteError `config-invalid` if a newer version wrote it, `task-invalid` or `model-invalid` naming the field
 */
export function taskConfig(stored: object): Task {
  const { name, task } = migrateConfig(stored, migrations);
  return taskOf(name, task);
}

/** Reads the choice of a task node for a change of its model. @throws FtteError `config-invalid` */
export function modelChangeOf(stored: object): ModelChangeChoice {
  return readConfig(choiceSchema, migrateConfig(stored, migrations)).modelChange;
}

const choiceSchema = z.object({ modelChange: field.choice(modelChanges, 'keep') });

/**
 * A task as the editor keeps it, in the form of `parseTask`: the name is the node's own, and numbers may have come as
 * text from the environment.
 * @throws FtteError `task-invalid` or `model-invalid`, naming the field
 */
export function taskOf(name: unknown, stored: unknown): Task {
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored))
    throw new FtteError('task-invalid', 'task: is empty; open the node and fill it in', { field: 'task' });
  return parseTask({ ...(withNumbers(stored) as object), name });
}

/** Fields that stay text even if they look like numbers: a channel may be called "1". */
const textFields = new Set(['name', 'unit', 'labels']);

/** The channels of a forecast are names; those of the input have names. */
const isText = (key: string, item: unknown) =>
  textFields.has(key) ||
  (key === 'channels' && Array.isArray(item) && item.every((each) => typeof each === 'string'));

function withNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, isText(key, item) ? item : withNumbers(item)]),
    );
  }
  if (typeof value !== 'string' || value.trim() === '') return value;
  return Number.isFinite(Number(value)) ? Number(value) : value;
}
