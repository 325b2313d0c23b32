import { z } from 'zod';
import { field, migrateConfig, readConfig } from '../runtime';
import { migrations } from './migrations';

/** Settings of a label node. */
export interface LabelConfig {
  /** Milliseconds for which readings wait, so that a label can still reach them. */
  readonly holdMs: number;
}

/** Readings wait for an hour at most. */
const mostSeconds = 3600;

const schema = z.object({ hold: field.number({ min: 0, max: mostSeconds, fallback: 0 }) });

/** Reads the settings of a stored config. @throws FtteError `config-invalid` */
export function labelConfig(stored: object): LabelConfig {
  const { hold } = readConfig(schema, migrateConfig(stored, migrations));
  return { holdMs: hold * 1000 };
}
