import { z } from 'zod';
import type { LogAddress } from '../../gateway/coordinator';
import { describeValue, FtteError, withoutSecrets } from '../../gateway/platform';
import { field, migrateConfig, readConfig } from '../runtime';
import { migrations } from './migrations';

/** Settings of a coordinate node. */
export type CoordinateConfig = Readonly<z.infer<typeof schema>>;

const schema = z.object({
  /** Id of a federation node. */
  federation: field.text(''),
  /**
   * Id of the federation node of a federation above, of which this one is a region; empty for none. With it, `start`, `storage` and
   * `logUrl` are not read.
   */
  above: field.text(''),
  /** Id of a task node. A region may have none. */
  task: field.text(''),
  /** Windows. */
  heldOut: field.number({ min: 1, max: 100_000, whole: true, fallback: 2000 }),
  /** A model.json or a file of parameters that version 0 starts from; empty for the task's seed. */
  start: field.text(''),
  /** The place of updates and checkpoints. */
  storage: field.choice(['machine', 'postgres', 'nats'], 'machine'),
  /** The address of the server that holds them. */
  logUrl: field.text(''),
});

/** The login at the server of the log. */
export interface LogCredentials {
  readonly logUser?: string;
  readonly logPassword?: string;
}

const protocols = { postgres: ['postgres:', 'postgresql:'], nats: ['nats:', 'tls:'] } as const;

/** The log of a node; undefined if it is on this machine. @throws FtteError `config-invalid` */
export function logOf(
  { storage, logUrl }: Pick<CoordinateConfig, 'storage' | 'logUrl'>,
  { logUser, logPassword }: LogCredentials,
): LogAddress | undefined {
  if (storage === 'machine') return undefined;
  const [usual, other] = protocols[storage];
  if (![usual, other].some((protocol) => logUrl.startsWith(`${protocol}//`)))
    throw new FtteError(
      'config-invalid',
      `logUrl: expected an address that begins with ${usual}// or ${other}//, got ${logUrl === '' ? 'an empty field' : describeValue(withoutSecrets(logUrl))}`,
      { field: 'logUrl' },
    );
  return {
    url: logUrl,
    ...(logUser ? { user: logUser } : {}),
    ...(logPassword ? { password: logPassword } : {}),
  };
}

/** The settings of a stored config. @throws FtteError `config-invalid` */
export function coordinateConfig(stored: object): CoordinateConfig {
  return readConfig(schema, migrateConfig(stored, migrations));
}
