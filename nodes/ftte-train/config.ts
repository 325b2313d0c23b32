import { z } from 'zod';
import type { RoundTrigger } from '../../gateway/participant';
import { field, isWired, migrateConfig, readConfig } from '../runtime';
import { migrations } from './migrations';

const schema = z.object({
  federation: field.text(''),
  budget: field.number({ min: 1, fallback: 192 }),
  trigger: field.choice(['windows', 'interval', 'message'], 'windows'),
  newWindows: field.number({ min: 1, whole: true, fallback: 32 }),
  interval: field.number({ min: 0.1, fallback: 60 }),
  capacity: field.number({ min: 16, max: 1_000_000, whole: true, fallback: 1024 }),
  keep: field.flag(true),
  unlabelled: field.choice(['count', 'error'], 'count'),
  engine: field.choice(['auto', 'tensorflow'], 'auto'),
});

export interface TrainConfig {
  readonly federation: string;
  readonly budgetBytes: number;
  readonly trigger: RoundTrigger;
  /** Samples. */
  readonly capacity: number;
  /** Samples are on disk, too. */
  readonly keep: boolean;
  readonly unlabelled: 'count' | 'error';
  /** `tensorflow`: `@tensorflow/tfjs-node`, if it can be loaded. */
  readonly engine: 'auto' | 'tensorflow';
  /** The flow itself carries the gateway's messages to the coordinator. */
  readonly uplink: boolean;
}

/** The settings of a stored config, in bytes and milliseconds. @throws FtteError `config-invalid` */
export function trainConfig(stored: object): TrainConfig {
  const { federation, budget, trigger, newWindows, interval, capacity, keep, unlabelled, engine } =
    readConfig(schema, migrateConfig(stored, migrations));
  return {
    federation,
    budgetBytes: Math.floor(budget * 1024),
    trigger: {
      newWindows: trigger === 'windows' ? newWindows : 0,
      intervalMs: trigger === 'interval' ? interval * 1000 : 0,
    },
    capacity,
    keep,
    unlabelled,
    engine,
    uplink: isWired(stored, 1),
  };
}
