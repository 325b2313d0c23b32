import { z } from 'zod';
import { field, migrateConfig, readConfig } from '../runtime';
import { migrations } from './migrations';

/** Settings of a coordinate node. */
export type CoordinateConfig = Readonly<z.infer<typeof schema>>;

const schema = z.object({
  /** Id of a federation node. */
  federation: field.text(''),
  /** Id of a task node. */
  task: field.text(''),
  /** Windows. */
  heldOut: field.number({ min: 1, max: 100_000, whole: true, fallback: 2000 }),
  /** A model.json or a file of parameters that version 0 starts from; empty for the task's seed. */
  start: field.text(''),
});

/** The settings of a stored config. @throws FtteError `config-invalid` */
export function coordinateConfig(stored: object): CoordinateConfig {
  return readConfig(schema, migrateConfig(stored, migrations));
}
