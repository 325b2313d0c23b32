import type { Node, NodeAPI } from 'node-red';
import { z } from 'zod';
import { describeValue, FtteError } from '../../gateway/platform';
import type { CsvOptions } from '../../gateway/stream';
import { field, migrateConfig, readConfig } from '../runtime';
import { csvOptions } from './csv-config';
import { migrations } from './migrations';

/** Synthetic people: with a wearable, with vital signs, with an electrocardiogram. */
const synthetic = ['synthetic', 'synthetic-vitals', 'synthetic-ecg'] as const;
export type SyntheticKind = (typeof synthetic)[number];

/** A `typedInput` stores its value here, and the type of the value in `<field>Type`. */
const schema = z.object({
  source: field.text(''),
  sourceType: field.choice([...synthetic, 'folder', 'csv', 'env'], 'synthetic'),
  people: field.text(''),
  peopleType: field.choice(['str', 'env'], 'str'),
  split: field.choice(['all', 'train', 'test'], 'all'),
  seed: field.number({ min: 0, max: 0xffffffff, whole: true, fallback: 1 }),
  speed: field.text('1'),
  speedType: field.choice(['num', 'fast', 'env'], 'num'),
  output: field.choice(['readings', 'batches', 'windows'], 'readings'),
  federation: field.text(''),
  auto: field.flag(true),
  loop: field.flag(true),
});

export type SourceConfig =
  | { readonly kind: SyntheticKind; readonly seed: number }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'csv'; readonly path: string; readonly options: CsvOptions }
  /** A recording folder, or else CSV, as the path shows. */
  | { readonly kind: 'path'; readonly path: string; readonly options: CsvOptions };

export interface ReplayConfig {
  readonly source: SourceConfig;
  readonly people: string;
  readonly split: 'all' | 'train' | 'test';
  /** Times real time, or Infinity. */
  readonly speed: number;
  readonly output: 'readings' | 'batches' | 'windows';
  /** Id of a federation node, or empty. */
  readonly federation: string;
  readonly auto: boolean;
  readonly loop: boolean;
}

/** The settings of a stored config, with the values of variables. @throws FtteError `config-invalid` */
export function replayConfig(RED: Pick<NodeAPI, 'util'>, node: Node, stored: object): ReplayConfig {
  const migrated = migrateConfig(stored, migrations);
  const config = readConfig(schema, migrated);
  const variable = (name: string) =>
    String(RED.util.evaluateNodeProperty(name, 'env', node, {}) ?? '').trim();
  const { split, output, federation, auto, loop } = config;
  return {
    source: sourceConfig(config, variable, () => csvOptions(migrated)),
    people: config.peopleType === 'env' ? variable(config.people) : config.people,
    split,
    speed: speedOf(config, variable),
    output,
    federation,
    auto,
    loop,
  };
}

type Stored = z.infer<typeof schema>;

function sourceConfig(
  { sourceType, source, seed }: Stored,
  variable: (name: string) => string,
  options: () => CsvOptions,
): SourceConfig {
  const path = sourceType === 'env' ? variable(source) : source;
  if (sourceType === 'env' && path === '') return { kind: 'synthetic', seed };
  if (sourceType !== 'folder' && sourceType !== 'csv' && sourceType !== 'env')
    return { kind: sourceType, seed };
  if (path === '')
    throw new FtteError('config-invalid', 'source: expected a path, got an empty field', { field: 'source' });
  if (sourceType === 'folder') return { kind: 'folder', path };
  return { kind: sourceType === 'csv' ? 'csv' : 'path', path, options: options() };
}

function speedOf({ speed, speedType }: Stored, variable: (name: string) => string): number {
  if (speedType === 'fast') return Number.POSITIVE_INFINITY;
  const text = speedType === 'env' ? variable(speed) || '1' : speed;
  const times = text === 'fast' ? Number.POSITIVE_INFINITY : Number(text);
  if (times > 0) return times;
  throw new FtteError('config-invalid', `speed: expected a number above 0, got ${describeValue(text)}`, {
    field: 'speed',
  });
}
