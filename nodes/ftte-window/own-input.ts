import { z } from 'zod';
import { FtteError } from '../../gateway/platform';
import type { Task } from '../../gateway/task';
import { field, readConfig } from '../runtime';

const schema = z.object({
  channels: field.text(),
  rate: field.number({ min: 0.001, max: 100_000 }),
  length: field.number({ min: 1, max: 65_536, whole: true }),
  hop: field.number({ min: 1, max: 65_536, whole: true }),
  normalisation: field.choice(['none', 'window'], 'none'),
});

/** The shape of windows from the fields of a node. @throws FtteError `config-invalid` */
export function ownInput(config: object): Task['input'] {
  const { channels, rate, length, hop, normalisation } = readConfig(schema, config);
  const names = channels.split(',').map((name) => name.trim());
  const wrong = names.find((name, i) => name === '' || names.indexOf(name) !== i);
  if (wrong !== undefined) {
    throw new FtteError('config-invalid', `channels: "${wrong}" is empty or occurs twice, in "${channels}"`, {
      field: 'channels',
    });
  }
  return {
    channels: names.map((name) => ({ name, unit: '', centre: 0, spread: 1 })),
    rateHz: rate,
    length,
    hop,
    normalisation,
  };
}
