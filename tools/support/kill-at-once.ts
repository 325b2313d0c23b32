import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Kills a process and those that it has started, all at one moment: none of them sees the end of another, or starts one more.
 * Resolves when they have let go of what they share, such as memory.
 */
export async function killAtOnce(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const all = frozen(child.pid);
  for (const pid of all) signal(pid, 'SIGKILL');
  await ended;
  while (all.some(isRunning)) await pause(20);
}

/** Stops a process, and then all that it has started: one that stands still starts no others. @returns their numbers */
function frozen(pid: number): number[] {
  signal(pid, 'SIGSTOP');
  const all = [pid];
  for (;;) {
    // The stop comes at the end of a system call, which may have started one more.
    const others = childrenOf(pid).filter((own) => !all.includes(own));
    if (others.length === 0 && isStopped(pid)) return all;
    for (const own of others) signal(own, 'SIGSTOP');
    all.push(...others);
  }
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
