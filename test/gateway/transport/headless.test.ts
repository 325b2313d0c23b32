import assert from 'node:assert/strict';
import { freePort } from '../../../tools/support/free-port';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { RoleProcess } from '../../support/role-process';

const outage = /cannot be reached \(ECONNREFUSED\), trying again$/;
const attempt = /^state connecting$/;
const online = /^state online$/;
const roles = ['gateway', 'coordinator', 'member', 'hub'];

(findProgram('mosquitto') ? describe : describe.skip)('a process without Node-RED (Mosquitto)', () => {
  let broker: Mosquitto | undefined;
  let child: RoleProcess;
  afterEach(async () => {
    child.kill();
    await broker?.stop();
    broker = undefined;
  });

  for (const role of roles) {
    it(`of a ${role} waits for a broker that is absent at the start, and for one that is lost, and reports each once`, async () => {
      const port = await freePort();
      child = new RoleProcess('headless-role', role, port);
      await child.until(outage);
      const attempts = child.count(attempt);
      await child.until(attempt, attempts + 5);
      assert.equal(child.count(outage), 1);

      broker = await startMosquitto({ port });
      await child.until(online);
      await child.until(/is connected after \d+ s and \d+ attempts$/);

      await broker.stop();
      await child.until(outage, 2);

      broker = await startMosquitto({ port });
      await child.until(online, 2);
      assert.equal(await child.stop(), 0);
      assert.equal(child.count(/^stopped$/), 1);
      assert.equal(child.count(outage), 2);
    });

    it(`of a ${role} ends when it is stopped while the broker is away`, async () => {
      child = new RoleProcess('headless-role', role, await freePort());
      await child.until(outage);
      assert.equal(await child.stop(), 0);
      assert.equal(child.count(/^stopped$/), 1);
    });
  }
});
