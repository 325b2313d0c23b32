import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BrokerTarget,
  type Check,
  diagnose,
  type Finding,
  findingLine,
  hasFailed,
} from '../../../gateway/diagnosis';
import { SeededRandom, systemClock, systemRandom } from '../../../gateway/platform';
import { HostedBroker, MqttTransport } from '../../../gateway/transport';
import { encodeMessage, isProbe } from '../../../gateway/wire';
import { freePort } from '../../../tools/support/free-port';
import { findProgram, type MosquittoOptions, startMosquitto } from '../../../tools/support/mosquitto';
import { mosquittoTls, selfSigned } from '../transport/certificate';
import { bodyOf } from '../wire/samples';

const withMosquitto = findProgram('mosquitto') ? describe : describe.skip;
const password = 'a secret that nobody reads';

async function findingsOf(target: Partial<BrokerTarget> & { url: string }): Promise<Finding[]> {
  const findings: Finding[] = [];
  const diagnosis = diagnose({
    target: { federation: 'clinic', ...target },
    clock: systemClock,
    random: systemRandom(),
    listenMs: 300,
  });
  for await (const finding of diagnosis) findings.push(finding);
  return findings;
}

const of = (findings: readonly Finding[], check: Check) => {
  const found = findings.find((finding) => finding.check === check);
  assert.ok(found, `${check} was not checked: ${findings.map(findingLine).join('')}`);
  return found;
};

describe('the diagnosis', () => {
  const ends: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function mosquitto(options: MosquittoOptions = {}) {
    const broker = await startMosquitto(options);
    ends.push(() => broker.stop());
    return `mqtt://127.0.0.1:${broker.port}`;
  }

  async function client(url: string): Promise<MqttTransport> {
    const transport = new MqttTransport({
      url,
      clientId: `other-${ends.length}`,
      random: new SeededRandom(1),
    });
    ends.push(() => transport.close());
    transport.open();
    return transport;
  }

  it('finds nothing wrong with a machine and a hosted broker, but that there is no coordinator', async () => {
    const broker = new HostedBroker({ port: 0 });
    await broker.start();
    ends.push(() => broker.stop());
    const findings = await findingsOf({ url: broker.url });
    const others = findings.filter(({ level }) => level !== 'ok');
    assert.deepEqual(
      others.map(({ check, level }) => `${check}: ${level}`),
      ['coordinator: warning'],
      findings.map(findingLine).join(''),
    );
  });

  it('names a machine that is not known, and a port where nothing listens, and checks no further', async () => {
    const unknown = await findingsOf({ url: 'mqtt://nowhere.invalid' });
    assert.match(of(unknown, 'address').found, /nowhere\.invalid/);
    assert.equal(unknown.at(-1)?.check, 'address');
    const closed = await findingsOf({ url: `mqtt://127.0.0.1:${await freePort()}` });
    assert.match(of(closed, 'network').found, /nothing listens there/);
    assert.equal(closed.at(-1)?.check, 'network');
  });

  it('refuses an address with a password in it, without repeating it', async () => {
    await assert.rejects(findingsOf({ url: `mqtt://me:${password}@broker` }), (error: Error) => {
      assert.match(error.message, /^url: expected .*without a user and password$/);
      return !error.message.includes(password);
    });
  });

  it('checks the folder of Node-RED, and leaves no file in it', async () => {
    const userDir = mkdtempSync(join(tmpdir(), 'ftte-doctor-test-'));
    ends.push(() => rmSync(userDir, { recursive: true, force: true }));
    const findings: Finding[] = [];
    for await (const finding of diagnose({ userDir, clock: systemClock, random: systemRandom() }))
      findings.push(finding);
    assert.notEqual(of(findings, 'disk').level, 'failed');
    assert.deepEqual(readdirSync(userDir), []);
    const missing = diagnose({ userDir: join(userDir, 'none'), clock: systemClock, random: systemRandom() });
    for await (const finding of missing)
      if (finding.check === 'disk') assert.match(finding.found, /cannot be written: ENOENT/);
  });

  withMosquitto('of a Mosquitto', () => {
    it('says that user or password are wrong, and never which password', async () => {
      const url = await mosquitto({ users: { gateway: password } });
      const findings = await findingsOf({ url, username: 'gateway', password: `${password}!` });
      const { level, advice } = of(findings, 'login');
      assert.deepEqual([level, advice?.includes('user and password')], ['failed', true]);
      assert.ok(!JSON.stringify(findings).includes(password));
    });

    const acl = [
      'pattern write ftte/v1/clinic/gw/%u/#',
      'pattern read ftte/v1/clinic/to/%u/#',
      'pattern read ftte/v1/clinic/all/#',
      'user coordinator',
      'topic readwrite ftte/v1/clinic/#',
    ];

    it('accepts the access rules of the documentation, with a gateway that is called like its user', async () => {
      const url = await mosquitto({ users: { 'pi-1': password, coordinator: password }, acl });
      const gateway = await findingsOf({ url, username: 'pi-1', password, role: 'gateway' });
      assert.equal(of(gateway, 'gateway rights').level, 'ok', gateway.map(findingLine).join(''));
      assert.match(of(gateway, 'gateway rights').found, /"pi-1"/);
      assert.equal(of(gateway, 'coordinator rights').level, 'warning');
      assert.match(of(gateway, 'coordinator rights').found, /publish .*claim.*, and not read .*update/);
      assert.ok(!hasFailed(gateway));
      const coordinator = await findingsOf({ url, username: 'coordinator', password, role: 'coordinator' });
      assert.equal(of(coordinator, 'coordinator rights').level, 'ok');
      assert.ok(!hasFailed(coordinator));
    });

    it('names each topic that the rules lack', async () => {
      const url = await mosquitto({
        users: { 'pi-1': password },
        acl: acl.map((line) => line.replace('gw/%u/#', 'gw/%u/hello').replace('all/#', 'all/task')),
      });
      const findings = await findingsOf({ url, username: 'pi-1', password, role: 'gateway' });
      const { level, found } = of(findings, 'gateway rights');
      assert.equal(level, 'failed');
      assert.match(found, /may not publish presence, update, sync, ready/);
    });

    it('says that messages are not retained, and how large they may be', async () => {
      const url = await mosquitto({ lines: ['retain_available false', 'message_size_limit 20000'] });
      const findings = await findingsOf({ url });
      assert.equal(of(findings, 'retained messages').level, 'warning');
      const { level, found } = of(findings, 'largest message');
      assert.deepEqual([level, /messages of 16 KB/.test(found)], ['warning', true], found);
    });

    it('says why TLS does not work, and how long the certificate is valid', async () => {
      const files = selfSigned();
      const port = await freePort();
      const plain = await mosquitto({ lines: [`listener ${port} 127.0.0.1`, ...mosquittoTls], files });
      const url = `mqtts://localhost:${port}`;
      const unknown = await findingsOf({ url });
      assert.equal(unknown.at(-1)?.check, 'TLS');
      assert.match(of(unknown, 'TLS').advice ?? '', /authority/);
      const known = await findingsOf({ url, tls: { ca: files['cert.pem'] } });
      const { level, found } = of(known, 'TLS');
      assert.deepEqual(
        [level, /certificate of broker ends at .* \(days left: [12]\)/.test(found)],
        ['warning', true],
        found,
      );
      assert.equal(of(known, 'login').level, 'ok');
      const noTls = await findingsOf({ url: plain.replace('mqtt:', 'mqtts:') });
      assert.match(of(noTls, 'TLS').advice ?? '', /port for TLS/);
    });

    it('leaves nothing on the broker, and shows a running federation no message', async () => {
      const url = await mosquitto();
      const other = await client(url);
      const seen: string[] = [];
      await other.subscribe('ftte/#', ({ topic, payload }) => {
        if (payload.length > 0 && !isProbe(payload) && !topic.endsWith('/doctor')) seen.push(topic);
      });
      await findingsOf({ url });
      assert.deepEqual(seen, []);
      const late = await client(url);
      const retained: string[] = [];
      await late.subscribe('#', ({ topic, retained: isOld }) => {
        if (isOld) retained.push(topic);
      });
      await late.publish('end', new Uint8Array(1));
      await new Promise<void>(
        (resolve) =>
          void late.subscribe('last', () => resolve()).then(() => late.publish('last', new Uint8Array(1))),
      );
      assert.deepEqual(retained, []);
    });

    it('shows the version of the coordinator, and that its clock is ahead', async () => {
      const url = await mosquitto();
      const coordinator = await client(url);
      const send = (type: 'claim' | 'task' | 'head', changes: object = {}) =>
        coordinator.publish(
          `ftte/v1/clinic/all/${type}`,
          encodeMessage(
            { federation: 'clinic', sender: 'hub', sequence: 0 },
            { ...bodyOf(type), ...changes },
          ),
          { retain: true },
        );
      await send('claim', { since: Date.now() - 1000 });
      await send('task');
      await send('head');
      const findings = await findingsOf({ url });
      assert.match(of(findings, 'coordinator').found, /^version 3 of lineage .*, protocol 2$/);
      assert.equal(of(findings, 'coordinator').level, 'ok');
      const elsewhere = await findingsOf({ url, federation: 'clinik' });
      assert.match(of(elsewhere, 'coordinator').found, /"clinik"; there are clinic$/);
      await send('claim', { since: Date.now() + 3_600_000 });
      const late = (await findingsOf({ url })).filter(({ check }) => check === 'clock');
      assert.match(late.at(-1)?.found ?? '', /60 min in the future/);
      await send('claim', { since: Date.now() - 1000, active: false });
      assert.match(of(await findingsOf({ url }), 'coordinator').found, /was stopped/);
    });

    it('says that the coordinator is of another version', async () => {
      const url = await mosquitto();
      const coordinator = await client(url);
      const message = encodeMessage({ federation: 'clinic', sender: 'hub', sequence: 0 }, bodyOf('head'));
      // The number behind the key of `ftte`, which comes first.
      message[2] = 3;
      await coordinator.publish('ftte/v1/clinic/all/head', message, { retain: true });
      const { level, found } = of(await findingsOf({ url }), 'coordinator');
      assert.equal(level, 'failed');
      assert.match(found, /protocol version 3/);
    });

    it('finds a gateway id that two machines use', async () => {
      const url = await mosquitto();
      const gateway = await client(url);
      const hello = (instance: string) =>
        encodeMessage(
          { federation: 'clinic', sender: 'pi-1', sequence: 0 },
          { ...bodyOf('hello'), instance },
        );
      let turn = 0;
      const stop = setInterval(() => {
        void gateway.publish('ftte/v1/clinic/gw/pi-1/hello', hello(`machine ${turn++ % 2}`), {
          retain: true,
        });
      }, 20);
      ends.push(() => clearInterval(stop));
      const { level, found } = of(await findingsOf({ url }), 'gateways');
      assert.deepEqual([level, found], ['failed', 'two machines use the gateway id "pi-1"']);
    });
  });
});
