import { z } from 'zod';
import { bytes, floats } from '../encodings';
import { id, oneOf, textOrId } from './field-form';
import {
  anchorForm,
  change,
  changeForm,
  count,
  encodeChange,
  hex16,
  hex16OrNone,
  labelBytes,
  modelVersion,
  shortText,
} from './fields';
import { defineMessage, type Route } from './message-type';

const toOne: Route = { branch: 'to', qos: 1, subscribedQos: 0, retain: false };

/**
 * Reasons for which an update is refused. `unknown-sender` asks for a hello and the update again, `unknown-plan` for the update
 * with its plan; all others are final.
 */
export const rejectionReasons = [
  'unknown-sender',
  'other-lineage',
  'plan-mismatch',
  'not-finite',
  'norm-exceeded',
  'too-old',
  'future-version',
  'malformed',
  'unknown-plan',
  'second-machine',
  'quarantined',
  'privacy-limit',
] as const;

const verdicts = ['accepted', 'duplicate', 'rejected', 'not-stored'] as const;

/** A version that is far from the seed's everywhere (a warm start), sent once to each gateway that does not hold it. */
const anchor = z.object({
  /** A gateway keeps the last anchor that it received, and names it in `ready`. */
  id: hex16,
  /** The way to it from version 0 of the seed; absent for a gateway that holds it. */
  fromSeed: change.optional(),
});

/** Messages from the coordinator to one gateway. */
export const toGateways = {
  /** Permission to train a round now, from this version; the answer to `ready`. */
  grant: defineMessage({
    number: 10,
    fields: [
      ['lineage', id],
      'version',
      ['id', id],
      ['catchUp', changeForm],
      ['anchor', anchorForm],
      ['digest', id],
      'labels',
    ],
    route: toOne,
    schema: z.object({
      /** Absent: that of the newest task, which the gateway named in its request. */
      lineage: hex16.optional(),
      version: count,
      /** Unique for this grant. */
      id: hex16,
      /**
       * The way from the anchor to about this version; other parameters are the anchor's. Absent for a gateway that
       * follows the patches: it trains from the version it holds.
       */
      catchUp: change.optional(),
      /** The start of the catch-up; absent: version 0 of the task's seed, which every gateway can compute. */
      anchor: anchor.optional(),
      /** Of the parameters that the catch-up leads to, see `versionDigest`. */
      digest: hex16.optional(),
      labels: labelBytes,
    }),
    encode: ({ catchUp, anchor }) => ({
      ...(catchUp && { catchUp: encodeChange(catchUp) }),
      ...(anchor && {
        anchor: { id: anchor.id, ...(anchor.fromSeed && { fromSeed: encodeChange(anchor.fromSeed) }) },
      }),
    }),
  }),

  /** The result of an update. An acceptance is sent only when the contribution is on disk. */
  ack: defineMessage({
    number: 11,
    fields: [
      ['id', id],
      ['status', oneOf('status', verdicts)],
      ['reason', oneOf('reason', rejectionReasons)],
      'detail',
      'version',
    ],
    route: toOne,
    schema: z.object({
      id: hex16,
      /** `not-stored`: the coordinator cannot keep it at present, and says so in `detail`; it is to be sent again later. */
      status: z.enum(verdicts),
      reason: z.enum(rejectionReasons).optional(),
      /** For people: the field, what came and what was expected. */
      detail: z.string().max(1024).optional(),
      /** The coordinator's newest version. */
      version: count,
    }),
  }),

  /**
   * Another run has introduced itself under the id of a gateway that is online. Two machines with one id receive it both,
   * and a gateway that has restarted receives only its own.
   */
  twin: defineMessage({
    number: 12,
    fields: [['instance', textOrId]],
    route: toOne,
    schema: z.object({ instance: shortText.min(1) }),
  }),

  /** The whole model, current and averaged, always float32; the answer to `sync`. */
  snapshot: defineMessage({
    number: 13,
    fields: [['lineage', id], 'version', ['modelKey', id], 'parameters', 'average'],
    route: toOne,
    schema: z
      .object({ ...modelVersion, modelKey: hex16OrNone, parameters: floats, average: floats })
      .refine((snapshot) => snapshot.average.length === snapshot.parameters.length, {
        path: ['average'],
        error: 'expected as many values as in parameters',
      }),
  }),

  /** A request of the coordinator to a helper: to keep the seeds of a gateway, to sign a list, to add up its masks. */
  ask: defineMessage({
    number: 17,
    fields: ['content'],
    // Seeds that are lost on the way to a helper go to it again only when it connects again.
    route: { ...toOne, subscribedQos: 1 },
    schema: z.object({ content: bytes }),
  }),
};
