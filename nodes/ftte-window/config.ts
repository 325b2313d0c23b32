import { z } from 'zod';
import { payloadFormats, streamKeys, timeFormats } from '../../gateway/stream';
import type { Task } from '../../gateway/task';
import { field, migrateConfig, readConfig } from '../runtime';
import { migrations } from './migrations';
import { ownInput } from './own-input';

/** Settings of a window node. */
export interface WindowConfig extends Readonly<z.infer<typeof schema>> {
  /** Milliseconds for which the last values are held. Undefined if each reading is a row. */
  readonly holdMs: number | undefined;
  readonly arriving: Readonly<z.infer<typeof arrivalSchema>>;
  /** The shape of windows from the fields of the node. Undefined if the task of the federation gives it. */
  readonly input: Task['input'] | undefined;
}

const schema = z.object({
  shape: field.choice(['federation', 'own'], 'federation'),
  /** The id of a federation node. */
  federation: field.text(''),
  label: field.text(''),
  labelType: field.choice(['msg', 'flow', 'global', 'str', 'env', 'none'], 'msg'),
  timestamp: field.text(''),
  timestampType: field.choice(['msg', 'none'], 'msg'),
  maxFill: field.number({ min: 0, whole: true, fallback: 2 }),
  /** The source of a row: each reading, or each period with the last values. */
  rows: field.choice(['each', 'hold'], 'each'),
  arrival: field.choice(['auto', 'set'], 'auto'),
});

/** Seconds for which the last values are held. */
const holdSchema = z.object({ hold: field.number({ min: 0.001, fallback: 3600 }) });

/** The settings of the arrival of readings. What is not set is recognised. */
const arrivalSchema = z.object({
  format: field.choice(payloadFormats, 'auto'),
  timeFormat: field.choice(timeFormats, 'auto'),
  batchTime: field.choice(['auto', 'first', 'last'], 'auto'),
  streams: field.choice(streamKeys, 'auto'),
  /** Words and numbers that mean "no value", separated by commas. */
  missing: field.text(''),
  farValues: field.choice(['refuse', 'clip'], 'refuse'),
});

/** Reads the settings of a stored config. @throws FtteError `config-invalid` */
export function windowConfig(stored: object): WindowConfig {
  const config = migrateConfig(stored, migrations);
  const settings = readConfig(schema, config);
  return {
    ...settings,
    holdMs: settings.rows === 'hold' ? readConfig(holdSchema, config).hold * 1000 : undefined,
    // The settings of the other choice are ignored.
    arriving: readConfig(arrivalSchema, settings.arrival === 'set' ? config : {}),
    input: settings.shape === 'own' ? ownInput(config) : undefined,
  };
}
