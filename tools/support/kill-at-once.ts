import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/** Time between two looks at the processes. */
const pauseMs = 20;
/** Looks at a process until it stands still: ten seconds and more. */
const usualLooks = 500;

/**
 * Kills a process and those that it has started, all at one moment: none of them sees the end of another, or starts one more.
 * Resolves when they have let go of what they share, such as memory.
 * @param mostLooks looks at a process that does not stand still, before it is killed all the same
 */
export async function killAtOnce(child: ChildProcess, mostLooks = usualLooks): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const all = await frozen(child.pid, mostLooks);
  for (const pid of all) signal(pid, 'SIGKILL');
  await ended;
  while (all.some(isRunning)) await pause(pauseMs);
}

/**
 * Stops a process, and then all that it has started: one that stands still starts no others. @returns their numbers; of one that
 * does not stand still, as one that waits for a disk, those that are known after many looks
 */
async function frozen(pid: number, mostLooks: number): Promise<number[]> {
  signal(pid, 'SIGSTOP');
  const all = [pid];
  for (let looks = 0; looks < mostLooks; looks++) {
    // The stop comes at the end of a system call, which may have started one more.
    const others = childrenOf(pid).filter((own) => !all.includes(own));
    if (others.length === 0 && isStopped(pid)) return all;
    for (const own of others) signal(own, 'SIGSTOP');
    all.push(...others);
    await pause(pauseMs);
  }
  return all;
}

/** The processes that a process has started. */
function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([own, parent]) => (own !== undefined && parent === pid ? [own] : []));
}

/** Whether a process runs; one that has ended and that nobody has asked for its result does not. */
function isRunning(pid: number): boolean {
  return !['', 'Z'].includes(stateOf(pid));
}

/** Whether a process stands still for good: it is stopped, or has ended. */
function isStopped(pid: number): boolean {
  return ['', 'Z', 'T'].includes(stateOf(pid));
}

/** The first letter of a process's state; empty if there is no such process. */
function stateOf(pid: number): string {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim().slice(0, 1);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
