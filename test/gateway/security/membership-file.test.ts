import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginRun, type MemberRecord, MembershipFile, SecurityError } from '../../../gateway/security';

const member = (id: string, changes: Partial<MemberRecord> = {}): MemberRecord => ({
  id,
  publicKey: new Uint8Array(32).fill(7),
  sinceMs: 1_700_000_000_000,
  lastSeenMs: 1_700_000_000_001,
  note: 'room 3',
  invitation: 'aa'.repeat(8),
  run: -1,
  ...changes,
});
const invitation = {
  id: 'aa'.repeat(8),
  proofKey: new Uint8Array(32).fill(9),
  madeMs: 1,
  expiresMs: 2,
  uses: 3,
  usesLeft: 2,
  suggestedId: 'bed-7',
  note: '',
};

describe('the file of the members (P-10, P-25)', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-members-'));
    path = join(folder, 'security', 'members.bin');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has what was saved last of each member and invitation, also if saves come at once', async () => {
    const file = new MembershipFile(path);
    assert.equal(await file.exists(), false);
    const revoked = member('b', { revokedMs: 5, run: 8 });
    await Promise.all([
      file.save({ members: [member('a')], invitations: [invitation] }),
      file.save({ members: [member('b')] }),
      file.save({ members: [revoked] }),
    ]);
    assert.deepEqual(await new MembershipFile(path).load(), {
      members: [member('a'), revoked],
      invitations: [invitation],
    });
  });

  it('is refused as membership-damaged wherever one bit of it has changed or its end is missing', async () => {
    const file = new MembershipFile(path);
    await file.save({ members: [member('a')], invitations: [invitation] });
    const whole = readFileSync(path);
    const refused = (error: unknown) =>
      error instanceof SecurityError && error.reason === 'membership-damaged' && error.code === 'storage';
    for (let at = 0; at < whole.length; at += 7) {
      const changed = Uint8Array.from(whole);
      changed[at] = changed[at]! ^ 4;
      writeFileSync(path, changed);
      await assert.rejects(new MembershipFile(path).load(), refused, `byte ${at}`);
    }
    writeFileSync(path, whole.subarray(0, whole.length >> 1));
    await assert.rejects(new MembershipFile(path).load(), refused);
  });

  it('is not taken for an empty one if it is gone: a coordinator refuses to start with membership-lost', () => {
    // 'membership-lost' is thrown by the front door, which has a test with files: test/gateway/client/invited.test.ts.
    assert.equal(new SecurityError('membership-lost', 'gone').rule, 'P-10');
  });

  it('has beside it the number of runs, which goes up whatever the clock says, and if its file is damaged', async () => {
    const run = join(folder, 'security', 'run');
    assert.equal(await beginRun(run, 1_700_000_000_000), 1_700_000_000);
    assert.equal(await beginRun(run, 0), 1_700_000_001);
    writeFileSync(run, 'rubbish');
    assert.equal(await beginRun(run, 1_700_000_100_000), 1_700_000_100);
  });
});
