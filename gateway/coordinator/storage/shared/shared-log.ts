import { FtteError } from '../../../platform';
import type { UpdateLog } from '../log/update-log';

/** The coordinator that leads a federation. */
export interface LogLeader {
  /** Its id in the federation. */
  readonly coordinator: string;
  /** When it began to lead, ms since the epoch, by the clock of the log. */
  readonly sinceMs: number;
  /** Another text after each renewal of the lease. */
  readonly renewal: string;
}

/** One run of a coordinator. */
export interface LogHolder {
  readonly coordinator: string;
  readonly run: string;
}

/**
 * The lease of a log: who may write to it. A lease that is not renewed ends after its time, by the clock of the log, and
 * each new holder shuts the one before it out of the log (fencing).
 */
export interface LogLease {
  /**
   * Takes the lease if it is free or ended.
   * @param unrenewed a renewal that was the newest for far longer than a lease lasts: if it still is, the lease has ended, whatever
   * the clock of the log says, which may have been put back
   * @returns who holds it; undefined: this one does from now on
   */
  take(holder: LogHolder, unrenewed?: string): Promise<LogLeader | undefined>;
  /** Makes the lease last longer. @returns false if another one has it, or nobody */
  renew(): Promise<boolean>;
  /** Gives the lease up, so that the next one need not wait. */
  give(): Promise<void>;
}

/** A log on a server, for the coordinators of one federation. Nothing is connected before it is used. */
export interface SharedLog {
  /** The address of the server, without user and password. */
  readonly place: string;
  /** Time after which a lease ends that is not renewed, ms. */
  readonly leaseMs: number;
  readonly lease: LogLease;
  /** The log of one model. Only the holder of the lease can write to it. */
  of(model: string): UpdateLog;
  /** Ends the connections. It may be used again, with new ones. */
  close(): Promise<void>;
}

/** The reason of the error of a coordinator that was shut out of its log. */
export const deposed = 'deposed';

/** Whether a write failed because another coordinator leads. */
export const isDeposed = (error: unknown): boolean =>
  error instanceof FtteError && error.details['reason'] === deposed;

/** The error of a write by a coordinator that does not hold the lease any more. */
export const deposedError = (place: string): FtteError =>
  new FtteError(
    'storage',
    `the log at ${place} takes nothing from this coordinator: another one has taken the lead`,
    { place, reason: deposed },
  );

/**
 * The error for a log that cannot be used.
 * @param reason `unreachable`, `slow`, `login`, `schema`, `ENOSPC` or a code of the server
 */
export const logError = (place: string, reason: string, what: string, error?: unknown): FtteError =>
  new FtteError('storage', `the log at ${place} ${what}`, { place, reason }, { cause: error });

/** Options of a connection to the server of a log. */
export interface LogConnectionOptions {
  /** The address without a login: `postgres://host:port/database`, or `nats://host:port` of each server of a cluster, divided by commas. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly federation: string;
  /** Longest wait for a connection or an answer, ms. */
  readonly patienceMs: number;
}

/** Options of the connection for the lease: it asks again before the lease ends. */
export const leaseOptions = (options: LogConnectionOptions, leaseMs: number): LogConnectionOptions => ({
  ...options,
  patienceMs: Math.min(options.patienceMs, Math.max(500, leaseMs / 3)),
});
