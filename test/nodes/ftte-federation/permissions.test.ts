import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { isBuilt } from '../../../tools/support/linked-package';
import { nodeRedFolder } from '../../support/node-red/node-red-folder';
import { type NodeRedProcess, startNodeRed } from '../../support/node-red/node-red-process';
import { root, sourceFiles } from '../../support/source-files';

type Route = readonly [method: 'get' | 'post', path: string, needs: 'read' | 'write' | 'deploy'];

/** All routes of the package, with the permissions that each needs. */
const routes: readonly Route[] = [
  ['post', '/ftte/ftte-task/config', 'read'],
  ['post', '/ftte/task/preview', 'read'],
  ['post', '/ftte/task/import', 'write'],
  ['post', '/ftte/task/listen', 'write'],
  ['post', '/ftte/task/table', 'write'],
  ['get', '/ftte/train/train/budget?kb=64', 'read'],
  ['get', '/ftte/federation/fed/task', 'read'],
  ['post', '/ftte/federation/fed/task', 'write'],
  ['post', '/ftte/federation/invitation', 'write'],
  ['post', '/ftte/federation/diagnosis', 'deploy'],
  ['get', '/ftte/federation/coordinators', 'read'],
  ['get', '/ftte/federation/fed/members', 'read'],
  ['post', '/ftte/federation/fed/members', 'write'],
  ['get', '/ftte/federation/gateway-id', 'read'],
  ['post', '/ftte/sidebar', 'read'],
  ['post', '/ftte/sidebar/watch', 'read'],
  ['post', '/ftte/sidebar/none/action', 'write'],
  ['get', '/ftte/sidebar/none/model', 'read'],
  ['get', '/ftte/metrics', 'read'],
  ['get', '/ftte/health', 'read'],
];

/** Permissions of each person, in the form of `adminAuth`. */
const people: Readonly<Record<string, readonly string[]>> = {
  other: ['inject.write'],
  reader: ['read'],
  member: ['ftte.read', 'ftte.write'],
  owner: ['*'],
};
const allowed: Readonly<Record<string, readonly Route[2][]>> = {
  nobody: [],
  other: [],
  reader: ['read'],
  member: ['read', 'write'],
  owner: ['read', 'write', 'deploy'],
};

describe('routes of a Node-RED with adminAuth', function () {
  this.timeout(120_000);
  let red: NodeRedProcess;
  before(async function () {
    if (!isBuilt()) return this.skip();
    const bcrypt = require(require.resolve('bcryptjs', { paths: [nodeRedFolder()] })) as {
      hashSync(text: string, rounds: number): string;
    };
    const users = Object.entries(people).map(([username, permissions]) => {
      return { username, password: bcrypt.hashSync(`of ${username}`, 4), permissions };
    });
    red = await startNodeRed({
      flows: [
        { id: 'tab', type: 'tab', label: 'Flow 1' },
        {
          id: 'fed',
          type: 'ftte-federation',
          configVersion: 2,
          membership: 'open',
          federation: 'lab',
          broker: 'url',
          url: 'mqtt://127.0.0.1:1',
        },
        { id: 'other', type: 'mqtt-broker', broker: '127.0.0.1', port: '1' },
      ],
      credentials: {
        fed: { user: 'u', password: 'secret of fed' },
        other: { user: 'u', password: 'secret of other' },
      },
      settings: { adminAuth: { type: 'credentials', users } },
    });
  });
  after(async () => {
    await red?.stop();
  });

  const tokenOf = async (username: string) => {
    const body = { client_id: 'node-red-admin', grant_type: 'password', scope: '', username, password: `of ${username}` }; // biome-ignore format: one line
    const answer = await fetch(new URL('/auth/token', red.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200);
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  const statusOf = async ([method, path]: Route, token: string | undefined) => {
    const answer = await fetch(new URL(path, red.url), {
      method: method.toUpperCase(),
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(method === 'post' && { 'content-type': 'application/json' }),
      },
      ...(method === 'post' && { body: '{}' }),
    });
    return answer.status;
  };

  for (const [name, may] of Object.entries(allowed)) {
    it(`let ${name} do no more than ${may.join(', ') || 'nothing'}`, async () => {
      const token = name in people ? await tokenOf(name) : undefined;
      for (const route of routes) {
        const isRefused = [401, 403].includes(await statusOf(route, token));
        assert.equal(isRefused, !may.includes(route[2]), `${name}: ${route.join(' ')}`);
      }
    });
  }

  it('check a broker with the stored password of the federation node itself, and of no other node', async () => {
    const received: Buffer[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        received.push(bytes);
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const token = await tokenOf('owner');
      for (const id of ['other', 'fed']) {
        const dialog = { id, configVersion: 2, membership: 'open', federation: 'lab', broker: 'url', url, user: 'u', password: '__PWRD__' }; // biome-ignore format: one line
        const answer = await fetch(new URL('/ftte/federation/diagnosis', red.url), {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(dialog),
        });
        assert.equal(answer.status, 200);
        assert.ok(received.length > 0);
        assert.equal(Buffer.concat(received).includes('secret of fed'), id === 'fed');
        assert.ok(!Buffer.concat(received).includes('secret of other'));
      }
    } finally {
      server.close();
    }
  });

  const types = [
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    undefined,
  ];
  it('take nothing, even of an owner, that a page of another site can send with the browser of a user: forms, text, and no body', async () => {
    const token = await tokenOf('owner');
    for (const [method, path] of routes) {
      if (method !== 'post') continue;
      const status = async (type: string | undefined, body: string) => {
        const headers = {
          authorization: `Bearer ${token}`,
          origin: 'http://evil.example',
          ...(type !== undefined && { 'content-type': type }),
        };
        return (await fetch(new URL(path, red.url), { method: 'POST', headers, body: Buffer.from(body) }))
          .status;
      };
      for (const type of types) assert.equal(await status(type, 'action=pause'), 415, `${path}: ${type}`);
      assert.notEqual(await status('application/json; charset=utf-8', '{}'), 415, path);
    }
    // Node-RED itself allows all sites to send JSON, but browsers say where a request comes from.
    for (const site of ['cross-site', 'same-site', 'same-origin', 'none'])
      for (const [method, path] of routes) {
        if (method !== 'post') continue;
        const headers = {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'sec-fetch-site': site,
        };
        const { status } = await fetch(new URL(path, red.url), { method: 'POST', headers, body: '{}' });
        assert.equal(status === 403, site.endsWith('-site'), `${path}: ${site}`);
      }
  });

  it('are all in the list above', () => {
    const made = sourceFiles('nodes').flatMap((file) => [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /(httpAdmin\.(?:get|post|put|delete|patch|use|all)|(?<!function )postRoute)\(/g,
      ),
    ]);
    const calls = made.map(([, call]) => call).filter((call) => call !== 'httpAdmin.post');
    assert.equal(made.length - calls.length, 1, 'the one post route that all of them are made by');
    assert.equal(calls.length, routes.length);
    assert.deepEqual([...new Set(calls)].sort(), ['httpAdmin.get', 'postRoute']);
  });
});
