import { deepEqual, equal, rejects } from 'node:assert/strict';
import { openSharedLog } from '../../../../gateway/coordinator/storage';
import { findPostgres, type Postgres, startPostgres } from '../../../../tools/support/postgres';
import { itIsASharedLog } from './shared-log-place';

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
      const failed = model.checkpoint(async () => {
        await model.files.write('version-000000001.ckpt', [Uint8Array.of(1)]);
        await client.query(
          "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'ftte' AND state = 'idle in transaction'",
        );
        await model.files.write('version-000000002.ckpt', [Uint8Array.of(2)]);
      });
      await rejects(failed, { code: 'storage', message: /cannot be reached: / });
      deepEqual(await model.files.list(), []);
      await model.checkpoint(() => model.files.write('version-000000003.ckpt', [Uint8Array.of(3)]));
      deepEqual(await model.files.list(), ['version-000000003.ckpt']);
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
    await rejects(failed, { code: 'storage', message: /has undone a transaction/ });
    deepEqual(await model.files.list(), []);
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
      for (let count = 1; count > 0; ) count = (await client.query(left)).rowCount;
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
