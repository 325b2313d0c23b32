import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../../gateway/diagnosis';
import { HostedBroker } from '../../../gateway/transport';
import { freePort } from '../../../tools/support/free-port';
import { ftte } from './ftte';

const secret = 'a secret that nobody reads';

describe('ftte doctor', () => {
  let folder: string;
  let broker: HostedBroker;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-doctor-'));
    broker = new HostedBroker({ port: 0, username: 'pi-1', password: secret });
    await broker.start();
    writeFileSync(join(folder, 'password'), `${secret}\n`);
  });
  after(async () => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const file = (name: string, content: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const login = () => ['--user', 'pi-1', '--password-file', join(folder, 'password')];
  const federation = (changes: object = {}) => ({
    id: 'fed',
    type: 'ftte-federation',
    federation: 'clinic',
    gateway: 'pi-1',
    broker: 'url',
    url: broker.url,
    ...changes,
  });

  it('checks the broker of a file of flows, and ends with 0 if nothing failed', async () => {
    const flows = file('flows.json', [{ id: 't', type: 'tab' }, federation()]);
    const { code, out } = await ftte(['doctor', flows, ...login()]);
    assert.equal(code, 0, out);
    assert.match(out, /^ok {7}login +the broker accepts the user "pi-1"/m);
    // It warns where temporary files lie in memory.
    assert.match(out, /^(ok {7}|warning {2})disk /m);
    assert.match(out, /^warning {2}coordinator .*"clinic"\n +→ start the coordinator/m);
    assert.match(out, /\n\d+ with a warning, of \d+ checks\n$/);
    assert.ok(!out.includes(secret));
  });

  it('ends with 1 if a check failed, and prints the findings as JSON without the password', async () => {
    const wrong = file('wrong', `${secret}!`);
    const target = [
      '--url',
      broker.url,
      '--federation',
      'clinic',
      '--user',
      'pi-1',
      '--password-file',
      wrong,
    ];
    const { code, out, err } = await ftte(['doctor', ...target, '--user-dir', folder, '--json']);
    assert.equal(code, 1);
    const findings = JSON.parse(out) as Finding[];
    assert.deepEqual(
      findings.filter(({ level }) => level === 'failed').map(({ check }) => check),
      ['login'],
    );
    assert.ok(!`${out}${err}`.includes(secret));
  });

  it('fills in the environment, and takes a hosted broker for one of this machine', async () => {
    const port = await freePort();
    process.env['FTTE_DOCTOR_PORT'] = String(port);
    const hosted = federation({ broker: 'hosted', port: ['$', '{FTTE_DOCTOR_PORT}'].join(''), url: '' });
    const { code, out } = await ftte(['doctor', file('hosted.json', [hosted])]);
    delete process.env['FTTE_DOCTOR_PORT'];
    assert.equal(code, 1);
    assert.match(out, new RegExp(`FAILED +network +127\\.0\\.0\\.1:${port}: nothing listens there`));
  });

  it('checks the machine alone without a broker', async () => {
    const { code, out } = await ftte(['doctor', '--user-dir', folder]);
    assert.equal(code, 0, out);
    assert.deepEqual(
      [...out.matchAll(/^(?:ok|warning) +(\w+) /gm)].map(([, check]) => check),
      ['versions', 'memory', 'disk', 'clock'],
    );
  });

  const gateways = () => [
    federation(),
    federation({ id: 'hub', gateway: 'hub' }),
    federation({ id: 'c', gateway: '' }),
  ];

  it('checks the gateway that is named, if flows hold several of one federation', async () => {
    const flows = file('gateways.json', gateways());
    const { code, out, err } = await ftte(['doctor', flows, '--gateway', 'hub', ...login()]);
    assert.equal(code, 0, `${out}${err}`);
    assert.match(out, /^ok {7}gateway rights +this user may do what the gateway "hub" has to/m);
  });

  const two = () => [federation(), federation({ id: 'other', federation: 'station' })];
  const wrong: [string, () => string[], RegExp][] = [
    ['a file that is not there', () => [join(folder, 'none.json')], /cannot read .*none\.json: ENOENT/],
    ['a file that is no list of nodes', () => [file('object.json', {})], /expected a list of nodes/],
    [
      'flows without a federation',
      () => [file('empty.json', [])],
      /expected a federation node, got no federation node/,
    ],
    [
      'several federations',
      () => [file('two.json', two())],
      /--federation: expected one of clinic, station, got nothing/,
    ],
    [
      'several gateways of one federation',
      () => [file('gateways.json', gateways()), '--federation', 'clinic'],
      /--gateway: expected one of pi-1, hub, \(empty\), got nothing/,
    ],
    [
      'a gateway that is not among several',
      () => [file('gateways.json', gateways()), '--gateway', 'pi-2'],
      /--gateway: expected one of pi-1, hub, \(empty\), got "pi-2"/,
    ],
    [
      'several nodes of several federations',
      () => [file('many.json', [...two(), ...gateways()])],
      /--federation: expected one of clinic, station, got nothing/,
    ],
    [
      'a federation that is not there',
      () => [file('two.json', two()), '--federation', 'home'],
      /got federation nodes of clinic, station only/,
    ],
    ['a broker without a federation', () => ['--url', broker.url], /--federation: expected the name/],
    ['a federation without a broker', () => ['--federation', 'clinic'], /--url: expected the address/],
    [
      'another role',
      () => ['--url', broker.url, '--federation', 'c', '--role', 'observer'],
      /--role: expected gateway or coordinator, got "observer"/,
    ],
    [
      'a password file that is not there',
      () => ['--url', broker.url, '--federation', 'c', '--password-file', join(folder, 'no')],
      /--password-file: cannot read/,
    ],
    [
      'a password in the address',
      () => ['--url', `mqtt://pi-1:${secret}@host`, '--federation', 'c'],
      /url: expected .* without a user and password/,
    ],
    [
      'a name that cannot be a topic',
      () => ['--url', broker.url, '--federation', 'a/b'],
      /federation: expected 1 to 64 letters/,
    ],
    ['two files', () => ['a.json', 'b.json'], /expected one file of flows at most, got 2 arguments/],
  ];
  for (const [what, args, message] of wrong) {
    it(`ends with 2 for ${what}`, async () => {
      const { code, err } = await ftte(['doctor', ...args()]);
      assert.equal(code, 2, err);
      assert.match(err, message);
      assert.ok(!err.includes(secret));
    });
  }
});
