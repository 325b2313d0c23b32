import { z } from 'zod';
import type { Task } from '../../gateway/task';
import { field, migrateConfig, readConfig } from '../runtime';
import { migrations } from './migrations';
import { ownInput } from './own-input';

/** Settings of a window node. */
export interface WindowConfig extends Readonly<z.infer<typeof schema>> {
  /** The shape of windows that the node's own fields give; undefined if the federation's task gives it. */
  readonly input: Task['input'] | undefined;
}

const schema = z.object({
  shape: field.choice(['federation', 'own'], 'federation'),
  /** Id of a federation node. */
  federation: field.text(''),
  label: field.text(''),
  labelType: field.choice(['msg', 'flow', 'global', 'str', 'env', 'none'], 'msg'),
  timestamp: field.text(''),
  timestampType: field.choice(['msg', 'none'], 'msg'),
  maxFill: field.number({ min: 0, whole: true, fallback: 2 }),
});

/** The settings of a stored config. @throws FtteError `config-invalid` */
export function windowConfig(stored: object): WindowConfig {
  const config = migrateConfig(stored, migrations);
  const settings = readConfig(schema, config);
  return { ...settings, input: settings.shape === 'own' ? ownInput(config) : undefined };
}
