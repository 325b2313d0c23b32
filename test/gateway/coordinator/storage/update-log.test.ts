import { equal, rejects, throws } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLog, openSharedLog } from '../../../../gateway/coordinator/storage';
import { optionalPackage } from '../../../../gateway/coordinator/storage/shared/optional-package';
import { itIsAnUpdateLog } from './update-log-contract';

describe('the log of updates in a folder', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ftte-log-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  itIsAnUpdateLog(() => ({ open: async () => new FileLog(join(root, 'model')) }));
});

describe('the address of a log', () => {
  for (const [address, got] of [
    ['mysql://db.example/ftte', 'an address that begins with mysql:'],
    ['db.example', '"db.example"'],
    ['postgres//ftte:secret@db.example/ftte', '"***@db.example/ftte"'],
    [
      'postgres://ftte:100%@db.example/ftte',
      'a password with a % that is not followed by two hexadecimal digits: write %25 for %',
    ],
    ['postgres://a.example/ftte,postgres://b.example/ftte', 'several addresses'],
    [{ url: 7 }, '7'],
  ] as const)
    it(`is refused with what came if it is ${JSON.stringify(address)}`, () => {
      throws(() => openSharedLog(address as string, 'clinic'), {
        code: 'config-invalid',
        message: `storage: expected postgres://host:port/database or nats://host:port, got ${got}`,
      });
    });

  it('is shown without its login', () => {
    const { place } = openSharedLog('nats://user:secret@a.example:4222, nats://b.example:4222', 'clinic');
    equal(place, 'nats://a.example:4222,nats://b.example:4222');
    equal(
      openSharedLog('postgres://user:secret@a.example/ftte', 'clinic').place,
      'postgres://a.example/ftte',
    );
  });

  it('is refused with the field if it is no object, or has a field that is misspelt or no text', () => {
    const url = 'postgres://a.example/ftte';
    for (const [address, message] of [
      [7, /^storage: expected postgres:.*, got 7$/],
      [null, /^storage: expected postgres:.*, got null$/],
      [{ url, pasword: 'secret' }, /^storage\.pasword: expected one of url, user, password$/],
      [{ url, user: 'ftte', password: 4567 }, /^storage\.password: expected a text, got a number$/],
    ] as const)
      throws(() => openSharedLog(address as never, 'clinic'), { code: 'config-invalid', message });
  });

  it('needs a package, and the error says how it is installed', async () => {
    await rejects(optionalPackage('@ftte/not-there', 'a log in Postgres'), {
      code: 'config-invalid',
      message:
        /^storage: a log in Postgres needs the package @ftte\/not-there, which is not installed: run "npm install @ftte\/not-there"/,
    });
    await rejects(optionalPackage('@ftte/not-there', 'a log in NATS', '@ftte/not-there @ftte/second'), {
      message: /: run "npm install @ftte\/not-there @ftte\/second" where/,
      details: { field: 'storage', reason: 'package' },
    });
  });
});
