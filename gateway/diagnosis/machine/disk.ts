import { mkdtemp, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../platform';
import { type Finding, failed, ok, warning } from '../report/finding';

/** Free bytes below which updates and checkpoints may not fit. */
const littleBytes = 200 * 1024 * 1024;
const leastBytes = 20 * 1024 * 1024;
const futureMs = 60_000;

/** File systems by their magic number (statfs(2)), and what is to be known of them. */
const fileSystems: Readonly<Record<number, readonly [name: string, remark?: string]>> = {
  [0xef53]: ['ext4'],
  [0x58465342]: ['xfs'],
  [0x9123683e]: ['btrfs'],
  [0xf2f52010]: ['f2fs'],
  [0x794c7630]: ['overlay', 'the files of a container are lost with it: mount a volume for them'],
  [0x01021994]: ['tmpfs', 'files in memory are lost at a restart: use a folder on a disk'],
  [0x4d44]: ['vfat', 'it may lose files in a power cut: use another file system, such as ext4'],
  [0x2011bab0]: ['exfat', 'it may lose files in a power cut: use another file system, such as ext4'],
  [0x6969]: ['nfs', 'a network disk comes late and may hang: a local disk is safer'],
  [0xff534d42]: ['cifs', 'a network disk comes late and may hang: a local disk is safer'],
  [0xfe534d42]: ['smb2', 'a network disk comes late and may hang: a local disk is safer'],
};

/** Whether the folder of Node-RED can be written, has room, and keeps what is written. */
export async function checkDisk(folder: string): Promise<Finding> {
  const check = 'disk';
  try {
    await tryToWrite(folder);
  } catch (error) {
    return failed(
      check,
      `${folder} cannot be written: ${messageOf(error)}`,
      'look at its rights, and whether the disk is full or read-only',
    );
  }
  const { type, bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const [name, remark] = fileSystems[type >>> 0] ?? ['another file system'];
  const found = `${folder} can be written (${name}, ${Math.floor(free / 1024 / 1024)} MB free)`;
  if (free < leastBytes) return failed(check, found, 'free some space');
  if (free < littleBytes) return warning(check, found, 'free some space');
  return remark === undefined ? ok(check, found) : warning(check, found, remark);
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
  const advice = 'set the clock (NTP); a machine without a battery has no time before it has a network';
  if (nowMs < Date.UTC(2025, 0)) return failed(check, `it says ${now}`, advice);
  const newest = folder === undefined ? undefined : await newestIn(folder);
  if (newest === undefined || newest.ms <= nowMs + futureMs) return ok(check, `it says ${now}`);
  return warning(
    check,
    `it says ${now}, and ${newest.name} is from ${new Date(newest.ms).toISOString()}`,
    advice,
  );
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
