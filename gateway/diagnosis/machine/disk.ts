import { mkdtemp, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, type StorageCause, storageCauseOf, systemCode } from '../../platform';
import type { AdviceCode } from '../report/advice-words';
import { type Finding, type Found, failed, found, ok, warning } from '../report/finding';

/** Free bytes below which updates and checkpoints may not fit. */
const littleBytes = 200 * 1024 * 1024;
const leastBytes = 20 * 1024 * 1024;
const futureMs = 60_000;

/** File systems by their magic number (statfs(2)), and what is to be known of them. */
const fileSystems: Readonly<Record<number, readonly [name: string, remark?: AdviceCode]>> = {
  [0xef53]: ['ext4'],
  [0x58465342]: ['xfs'],
  [0x9123683e]: ['btrfs'],
  [0xf2f52010]: ['f2fs'],
  [0x794c7630]: ['overlay', 'disk-container'],
  [0x01021994]: ['tmpfs', 'disk-memory'],
  [0x4d44]: ['vfat', 'disk-power'],
  [0x2011bab0]: ['exfat', 'disk-power'],
  [0x6969]: ['nfs', 'disk-network'],
  [0xff534d42]: ['cifs', 'disk-network'],
  [0xfe534d42]: ['smb2', 'disk-network'],
};

/** Whether the folder of Node-RED can be written, has room, and keeps what is written. */
export async function checkDisk(folder: string): Promise<Finding> {
  const check = 'disk';
  try {
    await tryToWrite(folder);
  } catch (error) {
    return refused(folder, error);
  }
  const { type, bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  const free = Math.floor(freeBytes / 1024 / 1024);
  const [fileSystem, remark] = fileSystems[type >>> 0] ?? [];
  const result =
    fileSystem === undefined
      ? found('disk-elsewhere', { folder, free })
      : found('disk', { folder, fileSystem, free });
  if (freeBytes < leastBytes) return failed(check, result, 'disk-free');
  if (freeBytes < littleBytes) return warning(check, result, 'disk-free');
  return remark === undefined ? ok(check, result) : warning(check, result, remark);
}

/** Causes that have words and advice of their own. */
const causes: Partial<Record<StorageCause, 'full' | 'read-only' | 'denied' | 'absent'>> = {
  full: 'full',
  'read-only': 'read-only',
  denied: 'denied',
  absent: 'absent',
};

function refused(folder: string, error: unknown): Finding {
  const reason = systemCode(error) ?? messageOf(error);
  const cause = causes[storageCauseOf(reason) ?? 'broken'] ?? 'other';
  const result: Found = found(
    `disk-${cause}`,
    { folder, reason },
    `${folder} cannot be written: ${messageOf(error)}`,
  );
  return failed('disk', result, cause === 'full' ? 'disk-free' : `disk-${cause}`);
}

/** Writes as this software stores: a file that is synced, then renamed. */
async function tryToWrite(folder: string): Promise<void> {
  const scratch = await mkdtemp(join(folder, '.ftte-doctor-'));
  try {
    const file = await open(join(scratch, 'a'), 'w');
    await file.writeFile('ftte').finally(() => file.sync().finally(() => file.close()));
    await rename(join(scratch, 'a'), join(scratch, 'b'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Whether the clock can be right: no file of Node-RED is from the future. */
export async function checkClock(folder: string | undefined, nowMs: number): Promise<Finding> {
  const check = 'clock';
  const now = new Date(nowMs).toISOString();
  const says = found('clock', { now });
  if (nowMs < Date.UTC(2025, 0)) return failed(check, says, 'clock');
  const newest = folder === undefined ? undefined : await newestIn(folder);
  if (newest === undefined || newest.ms <= nowMs + futureMs) return ok(check, says);
  const time = new Date(newest.ms).toISOString();
  return warning(check, found('clock-file', { now, file: newest.name, time }), 'clock');
}

async function newestIn(folder: string): Promise<{ name: string; ms: number } | undefined> {
  const names = await readdir(folder).catch(() => []);
  const times = await Promise.all(
    names.slice(0, 1000).map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => undefined);
      return { name, ms: found?.mtimeMs ?? 0 };
    }),
  );
  return times.sort((a, b) => b.ms - a.ms)[0];
}
