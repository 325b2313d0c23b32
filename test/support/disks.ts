import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aMoment } from './waiting';

/** Whether this process may mount disks. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mounts();

/** A suffix for the title of a suite that mounts disks: the reason why the suite is skipped, if it is. */
export const needsRoot = canMount ? '' : ' (skipped: needs root, to mount a tmpfs)';

/** A real disk of a few kilobytes or megabytes, which can be filled, made read-only, and made writable again. */
export class SmallDisk {
  readonly folder = mkdtempSync(join(tmpdir(), 'ftte-disk-'));
  private readonly ballast = join(this.folder, 'ballast');

  /** @param size in the notation of `mount`: `256k`, `4m` */
  constructor(size: string) {
    mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.folder);
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  fill(): void {
    const file = openSync(this.ballast, 'a');
    try {
      for (const bytes of [65_536, 4_096, 1]) fillBy(file, Buffer.alloc(bytes, 1));
    } finally {
      closeSync(file);
    }
  }

  makeRoom(): void {
    rmSync(this.ballast, { force: true });
  }

  /** Waits for files that are being written. */
  async makeReadOnly(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return mount('-o', 'remount,ro', this.folder);
      } catch (error) {
        if (tries > 1_000) throw error;
        await aMoment();
      }
    }
  }

  makeWritable(): void {
    mount('-o', 'remount,rw', this.folder);
  }

  remove(): void {
    execFileSync('umount', ['-l', this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Runs `work` as a user who is subject to permissions, because root may write everywhere. If the process does not run
 * as root, its user already is.
 */
export async function withoutRights<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  const nobody = 65_534;
  process.seteuid?.(nobody);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

function fillBy(file: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(file, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

function mount(...options: string[]): void {
  execFileSync('mount', options, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Whether root may mount disks. In a container it often may not. */
function mounts(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ftte-mount-'));
  try {
    mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder);
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
