import { z } from 'zod';
import { type ModelChangeChoice, modelChanges } from '../../gateway/coordinator';
import { parseStoredTask, type Task } from '../../gateway/task';
import { field, migrateConfig, readConfig } from '../runtime';
import { migrations } from './migrations';

/**
 * The task of a task node's config.
 * @throws FtteError `config-invalid` if a newer version wrote it, `task-invalid` or `model-invalid` naming the field
 */
export function taskConfig(stored: object): Task {
  const { name, task } = migrateConfig(stored, migrations);
  return parseStoredTask(name, task);
}

/** Reads the choice of a task node for a change of its model. @throws FtteError `config-invalid` */
export function modelChangeOf(stored: object): ModelChangeChoice {
  return readConfig(choiceSchema, migrateConfig(stored, migrations)).modelChange;
}

const choiceSchema = z.object({ modelChange: field.choice(modelChanges, 'keep') });
