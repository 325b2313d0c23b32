import { join } from 'node:path';
import { parseTask, type Task } from '../../gateway/task';
import { smallTask } from '../../tools/support/small-task';
import type { Form } from '../attacks/protections';

export const crashFederation = 'crash';
export const coordinatorId = 'coordinator';
/** Ids of the coordinators whose log is on a server. */
export const hubIds = ['hub-1', 'hub-2'] as const;
/** Time after which another of these leads, ms: shorter than the default, so that a schedule has more changes of the lead. */
export const crashLeaseMs = 3_000;
/** Ids of the gateways. */
export const gatewayIds = ['gw-1', 'gw-2', 'gw-3'] as const;

/** Options of one process of a schedule. */
export interface CrashProcessOptions {
  readonly role: 'coordinator' | 'gateway';
  readonly id: string;
  readonly port: number;
  /** Folder of all its files. The archive of a coordinator is beside it. */
  readonly folder: string;
  readonly seed: number;
  readonly form: Form;
  readonly granted: boolean;
  /** The address of the log of a coordinator; absent: its folder. */
  readonly storage?: string;
  /** Of a gateway in the protected form, at its first start. */
  readonly invitation?: string;
}

/** Questions and orders to a process. */
export type ToCrashProcess = 'state' | 'invite' | 'calm' | 'apply' | 'stop';

/** The state of a role, as far as the roles are compared. */
export interface CrashState {
  readonly kind: 'state';
  readonly phase: string;
  /** Whether this is the coordinator that leads. */
  readonly leads: boolean;
  readonly lineage: string | undefined;
  readonly version: number;
  /** Fingerprint of the published parameters. */
  readonly digest: string;
  /** Updates that wait; 0 at a coordinator. */
  readonly outbox: number;
}

/** Messages from a process. */
export type FromCrashProcess =
  | { readonly kind: 'ready' }
  | CrashState
  | { readonly kind: 'invitations'; readonly lines: readonly string[] }
  | { readonly kind: 'applied' }
  /** A coordinator with its log on a server has begun to lead. */
  | { readonly kind: 'leads' };

/** A task whose rounds take milliseconds, and whose versions depend on all versions before: damping has its default. */
export const crashTask = (granted: boolean): Task =>
  parseTask({
    name: 'crash',
    ...smallTask(16),
    training: { batchSize: 4, epochs: 1, minSamples: 4 },
    aggregation: {
      bufferSize: 2,
      maxWaitMs: 2_000,
      participation: granted ? { kind: 'granted', timeoutMs: 5_000 } : { kind: 'free' },
    },
  });

/** The folder where everything is kept that a coordinator writes or removes. */
export const archiveOf = (folder: string) => `${folder}-archive`;

/** The folder where everything is kept that a log on a server has had, for all coordinators of a schedule. */
export const sharedArchiveOf = (folder: string) => join(folder, 'log-archive');
