import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

/** The facts by which a process can be found again, or known to have ended. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own unit. Undefined if the system does not say. */
  readonly started?: string;
  readonly host: string;
  /** One start of the machine. */
  readonly boot: string;
  /** The set of process numbers that `pid` belongs to: containers have their own. */
  readonly namespace?: string;
}

/** Whether a process still runs. `unknown`: it runs elsewhere, if at all. */
export type ProcessState = 'running' | 'ended' | 'unknown';

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  const started = startOf(process.pid);
  const namespace = read(() => readlinkSync('/proc/self/ns/pid'));
  return {
    pid: process.pid,
    ...(started && { started }),
    host: hostname(),
    boot: bootOf(),
    ...(namespace && { namespace }),
  };
}

/** The state of another process, as far as this one can see it. */
export function stateOf(other: ProcessIdentity, own: ProcessIdentity = ownIdentity()): ProcessState {
  if (other.host !== own.host) return 'unknown';
  if (!isSameBoot(other.boot, own.boot)) return 'ended';
  if (other.namespace !== own.namespace) return 'unknown';
  if (!exists(other.pid)) return 'ended';
  const started = startOf(other.pid);
  // A number is given again after a while.
  return started && other.started && started !== other.started ? 'ended' : 'running';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user may not be asked, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Start of a process in ticks since the start of the machine, on Linux. */
function startOf(pid: number): string | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The name of the program stands in parentheses, and may hold spaces.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

/** Names one start of the machine: by its identifier on Linux, elsewhere by its time in seconds. */
function bootOf(): string {
  const id = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
  return id ?? String(Math.round(Date.now() / 1000 - uptime()));
}

/** Seconds by which the computed time of one start may differ, because clocks are set. */
const bootToleranceS = 300;

function isSameBoot(a: string, b: string): boolean {
  return a === b || Math.abs(Number(a) - Number(b)) < bootToleranceS;
}

function read(job: () => string): string | undefined {
  try {
    return job();
  } catch {
    return undefined;
  }
}
