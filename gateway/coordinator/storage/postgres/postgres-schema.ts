import { logError } from '../shared/shared-log';
import type { PgClient } from './pg';

/** Version of the tables. */
const version = 1;

/** Any number that no other program uses as an advisory lock. */
const lock = 0x46_54_54_45;

/**
 * The tables: who leads, the updates that were accepted, and files, each in rows (`piece`) of 4 MB at most; a file of the trail
 * grows by rows. Parameters and deltas do not compress.
 */
const tables = `
CREATE TABLE ftte_schema (version integer NOT NULL);
INSERT INTO ftte_schema VALUES (${version});
CREATE TABLE ftte_leader (
  federation text PRIMARY KEY,
  epoch bigint NOT NULL,
  coordinator text NOT NULL,
  run text NOT NULL,
  since timestamptz NOT NULL,
  expires timestamptz NOT NULL
);
CREATE TABLE ftte_update (
  federation text NOT NULL,
  model text NOT NULL,
  position bigint NOT NULL,
  key text NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (federation, model, position),
  UNIQUE (federation, model, key)
);
CREATE TABLE ftte_file (
  federation text NOT NULL,
  model text NOT NULL,
  name text NOT NULL,
  piece integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (federation, model, name, piece)
);
ALTER TABLE ftte_update ALTER COLUMN bytes SET STORAGE EXTERNAL;
ALTER TABLE ftte_file ALTER COLUMN bytes SET STORAGE EXTERNAL;
`;

/** Makes the tables if there are none. @throws FtteError `storage` if they are of another version */
export async function prepareSchema(client: PgClient, place: string): Promise<void> {
  if (!(await exists(client))) {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await client.query(`SELECT pg_advisory_xact_lock(${lock})`);
    if (!(await exists(client))) await client.query(tables);
    await client.query('COMMIT');
  }
  const { rows } = await client.query('SELECT version FROM ftte_schema');
  const found = Number(rows[0]?.['version'] ?? Number.NaN);
  if (found === version) return;
  throw logError(
    place,
    'schema',
    `has tables of ${Number.isNaN(found) ? 'an unknown version' : `version ${found}`}, expected ${version}: use the version of this package that made them, or another database`,
  );
}

async function exists(client: PgClient): Promise<boolean> {
  const { rows } = await client.query("SELECT to_regclass('ftte_schema') IS NOT NULL AS there");
  return rows[0]?.['there'] === true;
}
