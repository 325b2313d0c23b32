import { z } from 'zod';
import { parseTask } from '../../task';
import { bytes } from '../encodings';
import { id, measured, textOrId } from './field-form';
import {
  attempt,
  changeFields,
  count,
  encodeChange,
  hex16,
  hex16OrNone,
  importanceForm,
  importanceScores,
  labelBytes,
  modelVersion,
  shortText,
  tensorForm,
  withSegments,
} from './fields';
import { defineMessage, type Route } from './message-type';
import { decodeTask, encodeTask } from './task-code';

const retained: Route = { branch: 'all', qos: 1, subscribedQos: 0, retain: true };

/** Messages from the coordinator to all gateways. */
export const toAll = {
  /** The lease of the federation's coordinator. A second coordinator reads it and stays away. */
  claim: defineMessage({
    number: 6,
    fields: [['instance', textOrId], 'since', 'active', 'paused'],
    route: retained,
    schema: z.object({
      instance: shortText.min(1),
      /** When this coordinator started, ms since the epoch. */
      since: count,
      /** False after an orderly stop. */
      active: z.boolean(),
      /** A person has paused the coordinator: it makes no versions. */
      paused: z.boolean().optional(),
    }),
  }),

  /** The task of the federation. */
  task: defineMessage({
    number: 7,
    fields: ['task', ['modelKey', id], ['lineage', id], ['importance', importanceForm]],
    route: retained,
    schema: z.object({
      // A task is strict, unlike messages: a setting that is not understood must not be ignored.
      task: z
        .unknown()
        .transform((value, context) =>
          attempt(() => parseTask(value instanceof Uint8Array ? decodeTask(value) : value), context),
        ),
      modelKey: hex16OrNone,
      lineage: hex16,
      // Scores that are not understood are no reason to pass over the task: gateways do without.
      importance: importanceScores.optional().catch(undefined),
    }),
    encode: ({ task }) => ({ task: encodeTask(task) }),
  }),

  /** The newest version. */
  head: defineMessage({
    number: 8,
    fields: [
      ['lineage', id],
      'version',
      ['modelKey', id],
      ['accuracy', measured],
      ['digest', id],
      'labels',
      ['proof', id],
    ],
    route: retained,
    schema: z.object({
      ...modelVersion,
      modelKey: hex16OrNone,
      /** Mean accuracy of the averaged model on the coordinator's held-out windows, if it has any. */
      accuracy: z.number().min(0).max(1).optional(),
      /** Of the parameters, see `versionDigest`. */
      digest: hex16.optional(),
      labels: labelBytes,
      /** By it a coordinator knows its own heads, see `NoiseKey`. Another form says only that it has not made the head. */
      proof: hex16.optional().catch(undefined),
    }),
  }),

  /** The change from `version - 1` to `version`; added to the parameters. */
  patch: defineMessage({
    number: 9,
    fields: [['lineage', id], 'version', 'segments', ['delta', tensorForm]],
    route: { branch: 'all', qos: 1, subscribedQos: 0, retain: false },
    schema: z.object({ ...modelVersion, ...changeFields }).transform(withSegments),
    encode: encodeChange,
  }),

  /** The committee of helpers that opens the sums of masked updates. */
  committee: defineMessage({
    number: 15,
    fields: ['content'],
    // Nobody misses one that is lost, and a gateway masks for the committee before it from then on.
    route: { ...retained, subscribedQos: 1 },
    schema: z.object({ content: bytes }),
  }),
};
