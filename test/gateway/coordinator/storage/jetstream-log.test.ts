import { equal, rejects } from 'node:assert/strict';
import { openSharedLog } from '../../../../gateway/coordinator/storage';
import { findProgram } from '../../../../tools/support/mosquitto';
import { type Nats, startNats } from '../../../../tools/support/nats';
import { itIsASharedLog } from './shared-log-place';

const suite = findProgram('nats-server') ? describe : describe.skip;

suite('the log of updates in JetStream', function () {
  this.timeout(60_000);
  let server: Nats;
  before(async () => {
    server = await startNats();
  });
  after(() => server?.stop());

  itIsASharedLog(() => server.url);

  it('says that it cannot be reached, and works again when it can, with what it had taken', async () => {
    const log = openSharedLog(server.url, 'icu', undefined, { leaseMs: 60_000, patienceMs: 1_000 });
    equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    const model = log.of('model');
    await model.checkpoint(() => model.files.write('version-000000001.ckpt', []));
    await server.kill();
    await rejects(
      model.checkpoint(() => model.files.write('version-000000002.ckpt', [])),
      {
        code: 'storage',
        message: /^the log at nats:\/\/127.0.0.1:\d+ (cannot be reached|has not answered in time): /,
      },
    );
    await server.start();
    for (let written = false; !written; )
      written = await model
        .checkpoint(() => model.files.write('version-000000003.ckpt', []))
        .then(
          () => true,
          () => false,
        );
    equal(await log.lease.renew(), true);
    equal((await model.files.list()).join(), 'version-000000001.ckpt,version-000000003.ckpt');
    await log.close();
  });
});
