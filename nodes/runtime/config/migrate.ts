import { describeValue, FtteError } from '../../../gateway/platform';

/** A node's config as a flow holds it, before it is checked. */
export type StoredConfig = Readonly<Record<string, unknown>>;

/** One step of a node's config from the version before. */
export interface Migration {
  /** The version that it leads to: 2 for a node's first migration, then one more each. */
  readonly to: number;
  /** A new config. The given one is not changed, and a setting that it does not know stays as it is. */
  readonly migrate: (config: StoredConfig) => StoredConfig;
}

/** The version of a config from before versions were stored, and of a node without migrations. */
const firstVersion = 1;

/** The version that a node with these migrations writes. */
export function currentVersion(migrations: readonly Migration[]): number {
  return firstVersion + migrations.length;
}

/**
 * A config in the current version, which `configVersion` of the result says.
 * @throws FtteError `config-invalid` if it is of a later version, or its version is not a number
 */
export function migrateConfig(config: object, migrations: readonly Migration[]): StoredConfig {
  const stored: StoredConfig = { ...config };
  const version = versionOf(stored);
  const current = currentVersion(migrations);
  if (version > current) {
    throw new FtteError(
      'config-invalid',
      `configVersion: expected at most ${current}, got ${version}: a newer version of @ftte/node-red-ftte wrote this node; update the package here`,
      { field: 'configVersion', got: version, expected: current },
    );
  }
  const migrated = migrations
    .filter(({ to }) => to > version)
    .reduce((older, { migrate }) => migrate(older), stored);
  return { ...migrated, configVersion: current };
}

function versionOf({ configVersion }: StoredConfig): number {
  if (configVersion === undefined || configVersion === '') return firstVersion;
  // A form of the editor may have made it a text.
  const version = typeof configVersion === 'string' ? Number(configVersion) : configVersion;
  if (typeof version === 'number' && Number.isInteger(version) && version >= firstVersion) return version;
  throw new FtteError(
    'config-invalid',
    `configVersion: expected a whole number of at least ${firstVersion}, got ${describeValue(configVersion)}`,
    { field: 'configVersion' },
  );
}
