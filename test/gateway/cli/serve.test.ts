import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demonstrationTask } from '../../../gateway/cli/demonstration/task';
import { versionLine } from '../../../gateway/cli/serving/report-lines';
import { readServeFile } from '../../../gateway/cli/serving/serve-file';
import type { VersionReport } from '../../../gateway/coordinator';
import { SeededRandom } from '../../../gateway/platform';
import { exampleFlows } from '../../../tools/support/demonstration';
import { freePort } from '../../../tools/support/free-port';
import { readExposition } from '../../support/exposition';
import { task, windowOf } from '../client/roles';
import { ftte } from './ftte';

/** The status of the answer to a path, which need not be one of a URL. */
const statusOf = (url: string, path: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });

describe('ftte serve', () => {
  let folder: string;
  const file = (name: string, content: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-serve-'));
  });
  const running: { stop(): Promise<unknown> }[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((role) => role.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a role until its output holds a text, which resolves `found`; `stop` ends it. */
  const serve = (args: readonly string[], expected: RegExp, input?: AsyncIterable<string>) => {
    let text = '';
    let end: () => void = () => undefined;
    let resolve: (found: RegExpExecArray) => void;
    let fail: (error: Error) => void;
    const found = new Promise<RegExpExecArray>((done, failed) => {
      resolve = done;
      fail = failed;
    });
    const ended = ftte(
      ['serve', ...args],
      (written, stop) => {
        end = stop;
        text += written;
        const match = expected.exec(text);
        if (match) resolve(match);
      },
      input,
    );
    void ended.then(({ code, err }) => fail(new Error(`it ended with ${code}: ${err}`)));
    const stop = () => {
      end();
      return ended;
    };
    running.push({ stop });
    return { found, stop };
  };

  async function* lines(): AsyncIterable<string> {
    const noise = new SeededRandom(3);
    yield 'no JSON\n{"label": "moving"}\n';
    for (let i = 0; i < 40; i++) {
      const label = i % 2 === 0 ? 'moving' : 'resting';
      const text = `${JSON.stringify({ window: [...windowOf(label, noise)], label })}\n`;
      // Pieces of a stream end anywhere.
      yield text.slice(0, 9);
      yield text.slice(9);
    }
  }

  it('runs a coordinator and a gateway that learns from lines of JSON, with metrics and health, until it is stopped', async () => {
    file('task.json', task);
    const hubFile = file('hub.json', {
      coordinator: {
        federation: 'demo',
        broker: { port: 0 },
        task: 'task.json',
        folder: 'hub',
        leaseWaitMs: 20,
      },
    });
    const version = /(http:\S+)\/metrics and .*?the broker is at (\S+)\ncoordinating from version 0\n/s;
    const hub = serve([hubFile, '--metrics', '0'], version);
    const [, url = '', broker = ''] = await hub.found;
    const edgeFile = file('edge.json', {
      gateway: {
        federation: 'demo',
        broker,
        id: 'edge',
        folder: 'edge',
        budget: '64k',
        trigger: { newWindows: 8 },
      },
    });
    const edge = serve([edgeFile, '--windows'], /joined the task "front door".*\nround 1 from version 0: \d+ samples/s, lines()); // biome-ignore format: one line
    await edge.found;
    const answer = await fetch(`${url}/metrics?gateways=yes`);
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const families = readExposition(await answer.text());
    const online = families.get('ftte_coordinator_gateway_online')?.values;
    assert.deepEqual(
      [...(online ?? [])],
      [['ftte_coordinator_gateway_online{federation="demo",gateway="edge"}', 1]],
    );
    const health = await fetch(`${url}/health`);
    assert.deepEqual([health.status, await health.json()], [200, { isFaulty: false, reason: 'learning' }]);
    for (const path of ['/other', '//', '/%']) assert.equal(await statusOf(url, path), 404, path);
    assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405);
    const stopped = [await edge.stop(), await hub.stop()];
    assert.deepEqual(
      stopped.map(({ code }) => code),
      [0, 0],
    );
    assert.match(stopped[0]!.err, /warning \[message-invalid\] a line of the input: expected JSON/);
    assert.match(
      stopped[0]!.err,
      /warning \[message-invalid\] a line of the input: expected an object with window/,
    );
    assert.deepEqual(
      ['hub', 'edge'].filter((name) => !existsSync(join(folder, name))),
      [],
    );
  });

  it('does not say that it coordinates while its log cannot be reached', async () => {
    file('task.json', task);
    const coordinator = {
      ...{ federation: 'demo', broker: { port: 0 }, task: 'task.json', membership: 'open', leaseWaitMs: 20 },
      storage: `postgres://ftte@127.0.0.1:${await freePort()}/ftte`,
    };
    const hub = serve([file('hub.json', { coordinator })], /the broker is at (\S+)\n/);
    await hub.found;
    const { out, err } = await hub.stop();
    assert.match(err, /error \[storage\] the log at postgres:\S+ cannot be reached/);
    assert.doesNotMatch(out, /coordinating/);
  });

  it('says of a version of a region whether it came from the federation above', () => {
    const report = { version: 3, updateBytes: 0, contributions: [] };
    const above = { ...report, cause: 'above' } as unknown as VersionReport;
    assert.equal(
      versionLine(above),
      'version 3: not measured, with the newest version of the federation above',
    );
    const full = { ...report, updateBytes: 9, cause: 'full', contributions: [{ gateway: 'a', age: 1 }] };
    assert.equal(
      versionLine(full as unknown as VersionReport),
      'version 3: not measured, 9 bytes from a (age 1)',
    );
  });

  it('says what is wrong with a file, a port and an option', async () => {
    const wrong: readonly [string, unknown, readonly string[], RegExp][] = [
      ['a', '{', [], /a is not JSON/],
      [
        'b',
        { hub: {} },
        [],
        /b: role: expected an object of options in one field, coordinator or gateway, got hub/,
      ],
      ['c', { gateway: { federation: 'x', broker: 'memory:x', id: 'e', speed: 3 } }, [], /speed/],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a person writes in a file.
      ['d', { gateway: { broker: 'mqtt://${FTTE_NOT_SET}' } }, [], /FTTE_NOT_SET: expected a variable/],
      [
        'e',
        { gateway: {} },
        ['--metrics', 'here'],
        /--metrics: expected a port from 0 to 65535, or host:port, got "here"/,
      ],
      [
        'f',
        { coordinator: { tls: { ca: 'gone.pem' } } },
        [],
        /tls\.ca: expected a file that can be read, got gone\.pem/,
      ],
    ];
    for (const [name, content, args, expected] of wrong) {
      const { code, err } = await ftte(['serve', file(name, content), ...args]);
      assert.equal(code, 2, err);
      assert.match(err, expected);
    }
  });

  it('finds files beside the file, and values in the environment', async () => {
    file('ca.pem', 'a certificate');
    const path = file('edge.json', {
      gateway: {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a person writes in a file.
        broker: 'mqtts://edge:${PASSWORD}@hub:8883',
        tls: { ca: 'ca.pem', servername: 'hub' },
        folder: 'kept',
      },
    });
    assert.deepEqual(await readServeFile(path, { PASSWORD: 'secret' }), {
      kind: 'gateway',
      options: {
        broker: 'mqtts://edge:secret@hub:8883',
        tls: { ca: Buffer.from('a certificate'), servername: 'hub' },
        folder: join(folder, 'kept'),
      },
    });
  });

  it('reads the files of the federation above from the folder of its file, too', async () => {
    writeFileSync(join(folder, 'ca.pem'), 'a certificate');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: people write it so in the file.
    const partOf = { invitation: '${INVITATION}', folder: 'above', tls: { ca: 'ca.pem' } };
    const path = file('region.json', { coordinator: { federation: 'north', broker: 'mqtt://hub', partOf } });
    const { options } = await readServeFile(path, { INVITATION: 'ftte1:x' });
    assert.deepEqual('partOf' in options && options.partOf, {
      ...{ invitation: 'ftte1:x', folder: join(folder, 'above') },
      tls: { ca: Buffer.from('a certificate') },
    });
    const missing = file('missing.json', { coordinator: { partOf: { tls: { ca: 'none.pem' } } } });
    await assert.rejects(readServeFile(missing, {}), { message: /: partOf\.tls\.ca: expected a file/ });
  });
});

describe('ftte demo', () => {
  it('has the task of the first example', () => {
    const node = exampleFlows('01 - Wearables on one machine').find(({ type }) => type === 'ftte-task');
    assert.deepEqual(demonstrationTask, { name: node?.['name'], ...(node?.['task'] as object) });
  });

  it('shows versions, and says where to go next', async () => {
    const { code, out } = await ftte(['demo', '--versions', '1']);
    assert.equal(code, 0);
    assert.match(
      out,
      /^version +1: balanced accuracy 0\.\d{3}, \d+ bytes from .*gateway-.*, trained in [\d.]+ KB$/m,
    );
    assert.match(out, /Where to go next/);
    assert.match(out, /with your own sensor +npm pack, then Manage palette/);
    const none = await ftte(['demo', '-n', '0']);
    assert.deepEqual([none.code, none.out], [2, '']);
    assert.match(none.err, /^ftte: --versions: expected a whole number of 1 or more, got 0$/m);
    const wrong = await ftte(['demo', 'here']);
    assert.deepEqual([wrong.code, wrong.err.split('\n')[0]], [2, 'ftte: expected no argument, got "here"']);
  });
});
