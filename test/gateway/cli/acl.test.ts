import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, startMosquitto } from '../../../tools/support/mosquitto';
import { BareClient } from '../transport/hosted/bare-client';
import { ftte } from './ftte';

describe('ftte acl', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-acl-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('writes a file with which Mosquitto confines each gateway', async function () {
    if (!findProgram('mosquitto')) this.skip();
    const file = join(folder, 'acl');
    const { code, out } = await ftte(['acl', 'clinic.3', '--coordinator', 'hub', '--out', file]);
    assert.deepEqual([code, out], [0, `wrote ${file}\n`]);
    const users = { hub: 'h', 'pi-1': '1', 'pi-2': '2' };
    const broker = await startMosquitto({ users, acl: readFileSync(file, 'utf8').split('\n') });
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const clients = await Promise.all(
      Object.entries(users).map(([username, password]) => BareClient.connect(url, { username, password })),
    );
    try {
      const [hub, one] = clients;
      await hub?.subscribe('ftte/v1/clinic.3/gw/+/update');
      await one?.publish('ftte/v1/clinic.3/gw/pi-2/update', 'forged');
      await one?.publish('ftte/v1/clinic.3/gw/pi-1/update', 'its own');
      await hub?.until('its own');
      assert.deepEqual(hub?.texts(), ['its own']);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
      await broker.stop();
    }
  });

  it('prints the rules of EMQX, which end by refusing the rest', async () => {
    const { code, out } = await ftte(['acl', 'clinic', '--broker', 'emqx']);
    assert.equal(code, 0);
    const lines = out.trimEnd().split('\n');
    // Erlang terms, one a line (docs.emqx.com, "Use ACL File").
    for (const line of lines.slice(0, -1))
      assert.match(
        line,
        /^\{allow, (all|\{username, "[\w.-]+"\}), (all|publish|subscribe), \["[^"]+"\]\}\.$/,
      );
    assert.equal(lines.at(-1), '{deny, all}.');
  });

  for (const [args, expected] of [
    [['acl'], /expected the name of one federation, got 0 arguments/],
    [['acl', 'a/b'], /expected a federation with 1 to 64 letters.*got "a\/b"/],
    [['acl', 'clinic', '--coordinator', '#'], /--coordinator: expected 1 to 64 letters.*got "#"/],
    [['acl', 'clinic', '--broker', 'hive'], /--broker: expected one of mosquitto, emqx, got "hive"/],
  ] as const) {
    it(`refuses \`ftte ${args.join(' ')}\``, async () => {
      const { code, err } = await ftte(args);
      assert.equal(code, 2);
      assert.match(err, expected);
    });
  }

  it('says why it cannot write a file', async () => {
    const { code, err } = await ftte(['acl', 'clinic', '--out', join(folder, 'none', 'acl')]);
    assert.equal(code, 1);
    assert.match(err, /cannot write .*ENOENT/);
  });
});
