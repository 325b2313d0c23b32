import { z } from 'zod';
import { FtteError } from '../../gateway/platform';
import { beatInputs } from '../../gateway/stream';
import { checkCut, type Task } from '../../gateway/task';
import { field, readConfig } from '../runtime';

const schema = z.object({
  channels: field.text(),
  rate: field.number({ min: 0.001, max: 100_000 }),
  length: field.number({ min: 1, max: 65_536, whole: true }),
  cut: field.choice(['hop', 'beats', 'marks'], 'hop'),
  normalisation: field.choice(['none', 'window'], 'none'),
});

const hopSchema = z.object({ hop: field.number({ min: 1, max: 65_536, whole: true }) });
const beatSchema = z.object({ before: field.number({ min: 0, max: 65_535, whole: true }) });

/** The shape of windows from the fields of a node. @throws FtteError `config-invalid` */
export function ownInput(config: object): Task['input'] {
  const { channels, rate, length, cut, normalisation } = readConfig(schema, config);
  const names = channels.split(',').map((name) => name.trim());
  const wrong = names.find((name, i) => name === '' || names.indexOf(name) !== i);
  if (wrong !== undefined) {
    throw new FtteError('config-invalid', `channels: "${wrong}" is empty or occurs twice, in "${channels}"`, {
      field: 'channels',
    });
  }
  const isComputed = (name: string) => cut !== 'hop' && beatInputs.some((each) => each.name === name);
  const input: Task['input'] = {
    channels: names.map((name) => ({
      ...{ name, unit: '', centre: 0, spread: 1 },
      ...(isComputed(name) && { side: true as const }),
    })),
    rateHz: rate,
    length,
    hop: cut === 'hop' ? readConfig(hopSchema, config).hop : length,
    normalisation,
    ...(cut !== 'hop' && { cut: { kind: cut, before: readConfig(beatSchema, config).before } }),
  };
  checkCut({ kind: 'classification', input });
  return input;
}
