import { z } from 'zod';
import { field, migrateConfig, readConfig } from '../runtime';
import { migrations } from './migrations';

/** Settings of a predict node. */
export type PredictConfig = Readonly<z.infer<typeof schema>>;

const schema = z.object({
  /** Id of a federation node. */
  federation: field.text(''),
  model: field.choice(['average', 'current'], 'average'),
  /** `auto`: labels come from a model of this gateway's own while that is better; `off`: from the shared one. */
  personal: field.choice(['auto', 'off'], 'auto'),
  /** A classification's label below this confidence is `unknown`; 0 turns that off. */
  threshold: field.number({ min: 0, max: 1, fallback: 0 }),
});

/** The settings of a stored config. @throws FtteError `config-invalid` */
export function predictConfig(stored: object): PredictConfig {
  return readConfig(schema, migrateConfig(stored, migrations));
}
