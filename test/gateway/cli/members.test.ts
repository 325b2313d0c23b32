import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoordinatorMembership } from '../../../gateway/client';
import { systemClock } from '../../../gateway/platform';
import { readInvitation } from '../../../gateway/security';
import { ftte } from './ftte';

describe('members on the command line', () => {
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);
  const open = () =>
    CoordinatorMembership.open({
      folder: at('hub'),
      federation: 'clinic',
      id: 'coordinator',
      clock: systemClock,
      onRefused: () => undefined,
      onProblem: (error) => assert.fail(String(error)),
    });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-members-'));
    await (await open()).close();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('invites, lists and withdraws in the folder of a coordinator that does not run', async () => {
    const broker = 'mqtt://lab:secret@hub:1883';
    const made = await ftte(['invite', 'clinic', '--folder', at('hub'), '--broker', broker, '--note', 'room 3', '--uses', '2', '--expires', '2h']); // biome-ignore format: one line
    assert.equal(made.code, 0, made.err);
    const invitation = readInvitation(made.out, { nowMs: Date.now() });
    assert.deepEqual(invitation.credentials, { user: 'lab', password: 'secret' });
    assert.deepEqual(
      [invitation.federation, invitation.broker, invitation.uses],
      ['clinic', 'mqtt://hub:1883', 2],
    );
    assert.match(made.err, /whose coordinator has the key [0-9A-Z]{4}-/);
    for (const note of ['two\nlines', '\u001b[2Jescape', 'x'.repeat(201)]) {
      const refused = await ftte(['invite', 'clinic', '--folder', at('hub'), '--broker', broker, '--note', note]); // biome-ignore format: one line
      assert.match(refused.err, /note: expected one line of at most 200 characters/);
      assert.equal(refused.out, '');
    }
    const listed = await ftte(['members', 'clinic', '--folder', at('hub')]);
    assert.match(
      listed.out,
      /no member\n\ninvitation +for +left +until +note\n[0-9a-f]{16} +2\/2 .*room 3\n/,
    );
    const name = /^([0-9a-f]{16})/m.exec(listed.out)?.[1] ?? '';
    const withdrawn = await ftte(['members', 'clinic', '--folder', at('hub'), '--withdraw', name, '--json']);
    assert.deepEqual(JSON.parse(withdrawn.out).invitations, []);
    const hosted = await ftte([
      'invite',
      'clinic',
      '--folder',
      at('hub'),
      '--broker',
      'mqtt://hub',
      '--hosted',
    ]);
    assert.equal(readInvitation(hosted.out, { nowMs: Date.now() }).ownLogin, true);
  });

  it('refuses a folder that a coordinator uses, and one that is none', async () => {
    const running = await open();
    const { code, err } = await ftte(['members', 'clinic', '--folder', at('hub')]);
    assert.equal(code, 1);
    assert.match(err, /is in use by process \d+/);
    await running.close();
    const other = await ftte(['members', 'clinic', '--folder', at('nothing')]);
    assert.equal(other.code, 2);
    assert.match(other.err, /which has no security\/members\.bin/);
    assert.ok(!existsSync(at('nothing')));
  });

  it('asks the Node-RED in which the coordinator runs, with its token, and passes on why it refuses', async () => {
    const asked: [string, string | undefined, unknown][] = [];
    const list = { federation: 'clinic', fingerprint: 'AAAA-BBBB', members: [], invitations: [] };
    let coordinators: unknown = [{ node: 'a b', federation: 'clinic', fingerprint: 'AAAA-BBBB' }];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
        asked.push([request.url ?? '', request.headers.authorization, body]);
        if (request.headers.authorization !== 'Bearer t0ken') response.statusCode = 401;
        else if (body?.action === 'revoke') response.statusCode = 400;
        const answer =
          request.url === '/red/ftte/federation/coordinators'
            ? coordinators
            : body?.action === 'revoke'
              ? { text: 'pi-9 is no member' }
              : { ...list, line: body?.action === 'invite' && body.id === 'bed-7' ? 'ftte1:x' : undefined };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(answer));
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/red`;
      writeFileSync(at('token'), 't0ken\n');
      const known = ['--url', url, '--token-file', at('token')];
      const made = await ftte(['invite', ...known, '--id', 'bed-7']);
      assert.deepEqual([made.code, made.out], [0, 'ftte1:x\n']);
      assert.deepEqual(asked[1], ['/red/ftte/federation/a%20b/members', 'Bearer t0ken', { action: 'invite', id: 'bed-7' }]); // biome-ignore format: one line
      const refused = await ftte(['members', 'clinic', ...known, '--revoke', 'pi-9']);
      assert.equal(refused.code, 2);
      assert.match(refused.err, /pi-9 is no member/);
      assert.match((await ftte(['members', '--url', url])).err, /asks for a login: give --token-file/);
      assert.match((await ftte(['members', 'lab', ...known])).err, /runs there \(clinic\), got "lab"/);
      const without = await ftte(['invite', ...known]);
      assert.deepEqual([without.code, without.out], [2, '']);
      assert.match(without.err, /the answer has no invitation/);
      coordinators = [{ federation: 'clinic' }];
      assert.match((await ftte(['members', ...known])).err, /gave no list of coordinators/);
    } finally {
      server.close();
    }
    const gone = await ftte(['members', '--url', 'http://127.0.0.1:1']);
    assert.equal(gone.code, 1);
    assert.match(gone.err, /cannot be reached/);
  });

  for (const [args, expected] of [
    [['members', '--folder', 'x'], /expected the name of one federation with --folder/],
    [['members', '--url', 'x'], /--url: expected an address such as/],
    [['members', '--revoke', 'a', '--readmit', 'b'], /expected one of them/],
    [['invite', '--uses', 'x'], /--uses: expected a whole number/],
    [['key', 'show'], /expected one of export, import, got "show"/],
    [['key', 'export'], /--folder: expected a folder, got nothing/],
  ] as const) {
    it(`refuses \`ftte ${args.join(' ')}\``, async () => {
      const { code, err } = await ftte(args);
      assert.equal(code, 2);
      assert.match(err, expected);
    });
  }

  it("moves a coordinator's key to another machine, with its members or without", async () => {
    writeFileSync(at('passphrase'), 'correct horse battery\n');
    const secret = ['--passphrase-file', at('passphrase')];
    const exported = await ftte(['key', 'export', '--folder', at('hub'), '--federation', 'clinic', ...secret, '--file', at('key.txt')]); // biome-ignore format: one line
    assert.equal(exported.code, 0, exported.err);
    assert.equal(statSync(at('key.txt')).mode & 0o777, 0o600);
    const load = (name: string, ...more: string[]) =>
      ftte(['key', 'import', '--folder', at(name), ...secret, '--file', at('key.txt'), ...more]);
    const alone = await load('new');
    assert.equal(alone.code, 2);
    assert.match(alone.err, /members\.bin is missing: copy it from the old machine/);
    copyFileSync(at('hub', 'security', 'members.bin'), at('members.bin'));
    const done = await load('new', '--members', at('members.bin'));
    assert.equal(done.code, 0, done.err);
    const key = (text: string) => /[0-9A-Z]{4}(-[0-9A-Z]{4}){3}/.exec(text)?.[0];
    const before = await ftte(['members', 'clinic', '--folder', at('hub')]);
    const after = await ftte(['members', 'clinic', '--folder', at('new')]);
    assert.ok(key(before.out));
    assert.equal(key(after.out), key(before.out));
    assert.equal((await load('new')).code, 0, 'the same key is there');

    assert.equal((await load('other', '--without-members')).code, 0);
    const strange = await CoordinatorMembership.open({ folder: at('strange'), federation: 'clinic', id: 'c', clock: systemClock, onRefused: () => undefined, onProblem: () => undefined }); // biome-ignore format: one line
    const running = await load('strange');
    assert.equal(running.code, 1);
    assert.match(running.err, /is in use by process/);
    await strange.close();
    assert.match((await load('strange')).err, /holds another key, .*give --replace/);
    assert.equal((await load('strange', '--replace')).code, 0);
    assert.ok(existsSync(at('strange', 'security', 'coordinator.key.before')));
    writeFileSync(at('passphrase'), 'another passphrase\n');
    const wrong = await load('new');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /the passphrase does not open this key/);
  });
});
