import { parseTask } from '../../gateway/task';
import { smallTask } from '../support/small-task';

/** Options of a process of the soak run. */
export interface SoakProcessOptions {
  readonly role: 'coordinator' | 'gateway' | 'broker';
  readonly id: string;
  readonly port: number;
  /** Folder of all its files. */
  readonly folder: string;
  readonly seed: number;
  readonly granted: boolean;
  /** Error of its clock, ms. */
  readonly clockOffsetMs: number;
  /** Number of the disk operation at which it kills itself; in the middle of the operation if `torn`. */
  readonly killAt?: number;
  readonly torn?: boolean;
}

/** Messages to a process. */
export type ToSoakProcess =
  /** Lets the disk fail with this code; undefined: it works again. */
  | { readonly kind: 'disk'; readonly code: string | undefined }
  | { readonly kind: 'heap' }
  /** Ends the disorder of deliveries, and the samples. */
  | { readonly kind: 'calm' }
  | { readonly kind: 'stop' };

/** Messages from a process. */
export type FromSoakProcess =
  | { readonly kind: 'ready' }
  | { readonly kind: 'heap'; readonly bytes: number }
  /** The model that this gateway holds as a version. */
  | { readonly kind: 'held'; readonly lineage: string; readonly version: number; readonly digest: string }
  | { readonly kind: 'state'; readonly outbox: number; readonly online: boolean }
  | { readonly kind: 'rejected'; readonly reason: string };

export const soakFederation = 'soak';
export const coordinatorId = 'coordinator';

/** A task with windows of `[8, 2]` and two labels, whose rounds take milliseconds. */
export const soakTask = (granted: boolean) =>
  parseTask({
    name: 'soak',
    ...smallTask(16),
    training: { batchSize: 4, epochs: 1, minSamples: 4 },
    aggregation: {
      bufferSize: 2,
      maxWaitMs: 5_000,
      ...(granted ? { participation: { kind: 'granted' as const, timeoutMs: 10_000 } } : {}),
    },
    encoding: { update: 'int8', patch: 'int8' },
  });
