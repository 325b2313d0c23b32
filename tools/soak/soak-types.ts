import { parseTask } from '../../gateway/task';

/** What a process of the soak is told when it starts. */
export interface SoakProcessOptions {
  readonly role: 'coordinator' | 'gateway' | 'broker';
  readonly id: string;
  readonly port: number;
  /** Everything it keeps. */
  readonly folder: string;
  readonly seed: number;
  readonly granted: boolean;
  /** What its clock is off by, ms. */
  readonly clockOffsetMs: number;
  /** It kills itself at this operation of its disk, in the middle of it where `torn`. */
  readonly killAt?: number;
  readonly torn?: boolean;
}

export type ToSoakProcess =
  /** From now on the disk fails like this; undefined: it works again. */
  | { readonly kind: 'disk'; readonly code: string | undefined }
  | { readonly kind: 'heap' }
  /** Deliveries come as they should from now on. */
  | { readonly kind: 'calm' }
  | { readonly kind: 'stop' };

export type FromSoakProcess =
  | { readonly kind: 'ready' }
  | { readonly kind: 'heap'; readonly bytes: number }
  /** The model that this gateway holds under a number. */
  | { readonly kind: 'held'; readonly lineage: string; readonly version: number; readonly digest: string }
  | { readonly kind: 'state'; readonly outbox: number; readonly online: boolean }
  | { readonly kind: 'rejected'; readonly reason: string };

export const soakFederation = 'soak';
export const coordinatorId = 'hub';

/** Windows of [8, 2], two labels; a round takes milliseconds, contributions come all the time. */
export const soakTask = (granted: boolean) =>
  parseTask({
    name: 'soak',
    input: {
      channels: [{ name: 'a' }, { name: 'b' }],
      rateHz: 10,
      length: 8,
      hop: 8,
      normalisation: 'none',
    },
    labels: ['still', 'moving'],
    model: {
      layers: [
        { type: 'flatten' },
        { type: 'dense', units: 16 },
        { type: 'relu' },
        { type: 'dense', units: 2 },
      ],
    },
    training: { batchSize: 4, epochs: 1, minSamples: 4 },
    aggregation: {
      bufferSize: 2,
      maxWaitMs: 5_000,
      ...(granted ? { participation: { kind: 'granted' as const, timeoutMs: 10_000 } } : {}),
    },
    encoding: { update: 'int8', patch: 'int8' },
  });
