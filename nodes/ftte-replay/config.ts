import type { Node, NodeAPI } from 'node-red';
import { z } from 'zod';
import { describeValue, FtteError } from '../../gateway/platform';
import { field, migrateConfig, readConfig } from '../runtime';
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
  labelColumn: field.text(''),
  timeColumn: field.text(''),
  subjectColumn: field.text(''),
  rate: field.number({ min: 0, fallback: 0 }),
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
  | {
      readonly kind: 'csv';
      readonly path: string;
      readonly labelColumn: string;
      readonly timeColumn: string;
      readonly subjectColumn: string;
      readonly rateHz: number | undefined;
    };

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
  const config = readConfig(schema, migrateConfig(stored, migrations));
  const variable = (name: string) =>
    String(RED.util.evaluateNodeProperty(name, 'env', node, {}) ?? '').trim();
  const { split, output, federation, auto, loop } = config;
  return {
    source: sourceConfig(config, variable),
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

function sourceConfig(config: Stored, variable: (name: string) => string): SourceConfig {
  const { seed, labelColumn, timeColumn, subjectColumn, rate } = config;
  let { sourceType: kind, source: path } = config;
  if (kind === 'env') {
    path = variable(path);
    kind = path === '' ? 'synthetic' : /\.csv$/i.test(path) ? 'csv' : 'folder';
  }
  if (kind === 'synthetic' || kind === 'synthetic-vitals' || kind === 'synthetic-ecg') return { kind, seed };
  if (path === '')
    throw new FtteError('config-invalid', 'source: expected a path, got an empty field', { field: 'source' });
  if (kind === 'folder') return { kind, path };
  return { kind, path, labelColumn, timeColumn, subjectColumn, rateHz: rate > 0 ? rate : undefined };
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
