import { deepEqual, equal, rejects } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { openSharedLog, type SharedLog } from '../../../../gateway/coordinator/storage';
import { postgresError } from '../../../../gateway/coordinator/storage/postgres/postgres-errors';
import { findPostgres, type Postgres, startPostgres } from '../../../../tools/support/postgres';
import { aMoment } from '../../../support/waiting';
import { itIsASharedLog, update } from './shared-log-place';

interface Client {
  query(text: string): Promise<{ readonly rowCount: number }>;
}

/** Does something over a connection of its own. */
async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const { Client } = await import('pg' as string);
  const client = new Client({ connectionString: url });
  await client.connect();
  await work(client).finally(() => client.end());
}

const suite = findPostgres('initdb') ? describe : describe.skip;

suite('the log of updates in Postgres', function () {
  this.timeout(60_000);
  let server: Postgres;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.stop());

  itIsASharedLog(() => server.url);

  it('says that tables are of another version, and goes on when they are not', async () => {
    const log = openSharedLog(server.url, 'clinic');
    equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    await log.close();
    await withClient(server.url, async (client) => {
      await client.query('UPDATE ftte_schema SET version = 2');
      await rejects(log.lease.renew(), {
        message:
          /^the log at postgres:\/\/127.0.0.1:\d+\/postgres has tables of version 2, expected 1: use the version/,
      });
      await client.query('UPDATE ftte_schema SET version = 1');
    });
    equal(await log.lease.renew(), true);
    await log.close();
  });

  it('says that it cannot be reached, and works again when it can, with what it had taken', async () => {
    const log = openSharedLog(server.url, 'icu');
    equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    await log.of('model').checkpoint(() => log.of('model').files.write('version-000000001.ckpt', []));
    await server.kill();
    await rejects(log.lease.renew(), {
      code: 'storage',
      message: /^the log at postgres:\/\/127.0.0.1:\d+\/postgres cannot be reached: /,
    });
    await server.start();
    equal(await log.lease.renew(), true);
    equal((await log.of('model').files.list()).length, 1);
    await log.close();
  });

  it('writes nothing of a checkpoint whose connection ended between two of its files', async () => {
    const log = openSharedLog(server.url, 'pharmacy');
    equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    const model = log.of('model');
    await withClient(server.url, async (client) => {
      await client.query(`
        CREATE FUNCTION end_connection() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END';
        CREATE TRIGGER end_connection BEFORE INSERT ON ftte_file FOR EACH ROW
          WHEN (NEW.name = 'version-000000002.ckpt') EXECUTE FUNCTION end_connection()`);
      const failed = model.checkpoint(async () => {
        await model.files.write('version-000000001.ckpt', [Uint8Array.of(1)]);
        await model.files.write('version-000000002.ckpt', [Uint8Array.of(2)]);
      });
      await rejects(failed, { code: 'storage', message: /cannot be reached: / });
      deepEqual(await model.files.list(), []);
      await model.checkpoint(() => model.files.write('version-000000003.ckpt', [Uint8Array.of(3)]));
      deepEqual(await model.files.list(), ['version-000000003.ckpt']);
      await client.query('DROP FUNCTION end_connection() CASCADE');
    });
    await log.close();
  });

  it('writes nothing of a checkpoint in which a query failed, whatever its writer makes of that', async () => {
    const log = openSharedLog(server.url, 'laboratory');
    equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    const model = log.of('model');
    const failed = model.checkpoint(async () => {
      await model.files.write('version-000000001.ckpt', [Uint8Array.of(1)]);
      // No text of Postgres may hold a zero.
      await model.files.write('\0', []).catch(() => undefined);
    });
    await rejects(failed, { code: 'storage', message: /invalid byte sequence/ });
    deepEqual(await model.files.list(), []);
    await log.close();
  });

  it('holds no transaction open while a checkpoint is laid out, and takes updates meanwhile', async () => {
    const log = openSharedLog(server.url, 'dialysis');
    equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    const model = log.of('model');
    await withClient(server.url, async (client) => {
      const failed = model.checkpoint(async () => {
        await model.files.write('version-000000001.ckpt', [Uint8Array.of(1)]);
        const open = await client.query(
          "SELECT 1 FROM pg_stat_activity WHERE application_name = 'ftte' AND state = 'idle in transaction'",
        );
        equal(open.rowCount, 0);
        deepEqual(await model.append([update(1)]), []);
        throw new Error('the model cannot be laid out');
      });
      await rejects(failed, { message: 'the model cannot be laid out' });
    });
    deepEqual(await model.files.list(), []);
    // The update was acknowledged, and is not undone with the checkpoint.
    equal((await model.read()).entries.length, 1);
    await log.close();
  });

  it('renews the lease during a long write, and lets another coordinator lead only after it', async () => {
    const [first, second] = [60_000, 6_000].map((leaseMs) =>
      openSharedLog(server.url, 'radiology', undefined, { leaseMs, patienceMs: 60_000 }),
    ) as [SharedLog, SharedLog];
    equal(await first.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    const model = first.of('model');
    const isWaiting = async (event: string) => {
      const query = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'ftte' AND wait_event = '${event}'`;
      // Within a transaction the server would give the same answer again.
      await withClient(server.url, async (client) => {
        while ((await client.query(query)).rowCount === 0) await aMoment();
      });
    };
    await withClient(server.url, async (client) => {
      await client.query('BEGIN');
      await client.query('LOCK TABLE ftte_file IN ACCESS EXCLUSIVE MODE');
      const written = model.checkpoint(() => model.files.write('version-000000001.ckpt', [Uint8Array.of(1)]));
      await isWaiting('relation');
      equal(await first.lease.renew(), true);
      equal((await second.lease.take({ coordinator: 'b', run: 'b' }))?.coordinator, 'a');
      // As if it had been asleep until its lease ended.
      await withClient(server.url, async (other) => {
        await other.query("UPDATE ftte_leader SET expires = clock_timestamp() - interval '1 s'");
      });
      let taken = false;
      const taking = (async () => {
        // A request that has waited too long fails, and is made again.
        for (;;) {
          taken = await second.lease.take({ coordinator: 'b', run: 'b' }).then(
            (held) => !held,
            () => false,
          );
          if (taken) return;
          await aMoment();
        }
      })();
      await isWaiting('advisory');
      equal(taken, false);
      await client.query('COMMIT');
      await Promise.all([written, taking]);
    });
    deepEqual(await second.of('model').files.list(), ['version-000000001.ckpt']);
    equal(await first.lease.renew(), false);
    await Promise.all([first.close(), second.close()]);
  });

  it('shuts a leader out that was replaced while it waited to write, whatever level of transactions the server has by default', async () => {
    await withClient(server.url, async (client) => {
      await client.query("ALTER DATABASE postgres SET default_transaction_isolation = 'serializable'");
      const log = openSharedLog(server.url, 'levels');
      try {
        equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
        const model = log.of('0123456789abcdef');
        await model.append([update(1)]);
        const lock = createHash('sha256').update('levels').digest().readInt32BE(0);
        await client.query(
          `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(1179929668, ${lock})`,
        );
        const late = rejects(model.append([update(2)]), { details: { place: log.place, reason: 'deposed' } });
        // Without an end: a write that does not wait would end the test.
        let waits = 0;
        const ended = late.then(() => true);
        while (waits === 0 && !(await Promise.race([ended, aMoment()])))
          waits = (await client.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
            .rowCount;
        await client.query("UPDATE ftte_leader SET epoch = epoch + 1 WHERE federation = 'levels'");
        await client.query('COMMIT');
        await late;
      } finally {
        await log.close();
        await client.query('ALTER DATABASE postgres RESET default_transaction_isolation');
      }
    });
  });

  it('divides a large file into rows, and replaces all of them', async () => {
    const log = openSharedLog(server.url, 'archive');
    equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    const model = log.of('model');
    const large = Uint8Array.from({ length: 9 * 1024 * 1024 }, (_, i) => (i * 31) % 251);
    const parts = [large.subarray(0, 5), large.subarray(5, 7_000_000), large.subarray(7_000_000)];
    const rows = async () => {
      let count = 0;
      await withClient(server.url, async (client) => {
        count = (await client.query("SELECT 1 FROM ftte_file WHERE federation = 'archive'")).rowCount;
      });
      return count;
    };
    await model.checkpoint(() => model.files.write('version-000000001.ckpt', parts));
    equal(await rows(), 3);
    equal(Buffer.compare(await model.files.read('version-000000001.ckpt'), large), 0);
    await model.checkpoint(() => model.files.write('version-000000001.ckpt', [Uint8Array.of(4)]));
    equal(await rows(), 1);
    deepEqual([...(await model.files.read('version-000000001.ckpt'))], [4]);
    await log.close();
  });

  it('connects once when two queries come at the same time', async () => {
    const log = openSharedLog(server.url, 'theatre');
    const { files } = log.of('model');
    deepEqual(await Promise.all([files.list(), files.list()]), [[], []]);
    await log.close();
    await withClient(server.url, async (client) => {
      // A connection that ends is in the list for a moment.
      const left = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'ftte'";
      while ((await client.query(left)).rowCount > 0) await aMoment();
    });
  });

  it('says what to do if the tables have no version, the database is missing, or a password is asked for', async () => {
    const fails = async (url: string, reason: string, message: RegExp) => {
      const log = openSharedLog(url, 'clinic');
      await rejects(log.lease.renew(), { message, details: { place: log.place, reason } });
      await log.close();
    };
    const first = openSharedLog(server.url, 'clinic');
    await first.lease.renew();
    await first.close();
    await withClient(server.url, async (client) => {
      await client.query('DELETE FROM ftte_schema');
      await fails(server.url, 'schema', / has tables of an unknown version, expected 1: use the version/);
      await client.query('INSERT INTO ftte_schema VALUES (1)');
    });
    const elsewhere = server.url.replace(/postgres$/, 'nowhere');
    await fails(elsewhere, 'database', /nowhere has no such database, so make it or correct the address: /);
    const asked = new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string');
    equal(
      postgresError('postgres://db/ftte', asked).message,
      'the log at postgres://db/ftte refuses the login: it asks for a password, and none is set',
    );
  });

  it('refuses a user without a right, with what to give it, and goes on when it has it', async () => {
    const owner = openSharedLog(server.url, 'pediatrics');
    await owner.lease.renew();
    await owner.close();
    await withClient(server.url, async (client) => {
      await client.query('CREATE ROLE reader LOGIN');
      await client.query('GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader');
      await client.query('GRANT INSERT, UPDATE ON ftte_leader TO reader');
      const log = openSharedLog(server.url.replace('ftte@', 'reader@'), 'pediatrics');
      equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
      const model = log.of('model');
      await rejects(model.append([update(1)]), {
        message:
          / refuses the user: give it the right to create tables there and to write to them, .*ftte_update/,
        details: { place: log.place, reason: 'rights' },
      });
      await client.query('GRANT INSERT, UPDATE, DELETE ON ftte_update TO reader');
      deepEqual(await model.append([update(1)]), []);
      equal((await model.read()).entries.length, 1);
      await log.close();
    });
  });

  it('refuses a login, and never repeats the password', async () => {
    const url = server.url.replace('ftte@', 'nobody:secret@');
    const log = openSharedLog(url, 'clinic');
    await rejects(log.lease.renew(), (error: Error) => {
      equal(/refuses the login/.test(error.message), true, error.message);
      equal(/secret/.test(JSON.stringify([error.message, log.place])), false);
      return true;
    });
    await log.close();
  });
});
