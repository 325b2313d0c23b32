import { z } from 'zod';
import { anyNumber, bytes } from '../encodings';
import { digest, id, mapOf, measured, textOrId } from './field-form';
import { count, encodeTensor, hex16, hex16OrNone, hex64, plan, shortText, tensorForm } from './fields';
import { defineMessage, type Route } from './message-type';
import { encodePlan } from './plan-code';
import { receivedTensor } from './received-tensor';

const once: Route = { branch: 'gw', qos: 1, subscribedQos: 1, retain: false };
const retained: Route = { branch: 'gw', qos: 1, subscribedQos: 1, retain: true };

/** Beyond any number of updates, and far from where numbers are no longer exact. */
export const mostCounter = 2 ** 48 - 1;
/** Letters of a reason. */
const mostReason = 512;

/** The request for a round inside an update. */
const requestForm = mapOf('request', ['follows', ['anchorId', id]]);

/** The quality of a version on windows that a gateway holds out. */
const evaluationForm = mapOf('evaluation', ['windows', ['loss', measured], 'counts', 'right']);
/** Labels of a task. */
const mostLabels = 1000;
/** The seeds of an update's masks. */
const masksForm = mapOf('masks', [
  ['epoch', digest],
  ['setup', id],
]);
const perLabel = z.array(count).max(mostLabels);

/** Messages from one gateway to the coordinator. */
export const fromGateways = {
  /** The identity of a gateway, and its budget. */
  hello: defineMessage({
    number: 1,
    fields: [
      'budgetBytes',
      ['instance', textOrId],
      'software',
      ['modelKey', id],
      'answer',
      'maxPartBytes',
      'refuses',
      'leaves',
    ],
    route: retained,
    schema: z.object({
      budgetBytes: count,
      /** Names this run of the sender; changes at each restart. */
      instance: shortText.min(1),
      software: shortText,
      /** `modelKey` of the task that the gateway works on; empty before it has one. */
      modelKey: hex16OrNone,
      /** Requests an `ack` whose id is `instance`: nothing else of this gateway is answered. */
      answer: z.boolean().optional(),
      /** Largest part, in bytes, in which messages have reached this gateway where whole ones have not. */
      maxPartBytes: count.optional(),
      /** Why the gateway does not take the task, in words for the operator; absent: it does. */
      refuses: z.string().max(mostReason).optional(),
      /** It trains no more, although it may stay connected: the coordinator counts it as absent until its next hello. */
      leaves: z.boolean().optional(),
    }),
  }),

  /** Whether the gateway is connected; also its Last Will. */
  presence: defineMessage({
    number: 2,
    fields: ['online', ['instance', id]],
    route: retained,
    schema: z.object({
      online: z.boolean(),
      /** Names the run of the sender: a Last Will of an earlier run says nothing about a later one. */
      instance: hex16.optional(),
    }),
  }),

  /** The change of the planned parameters after a local round. */
  update: defineMessage({
    number: 3,
    fields: [
      ['id', id],
      ['lineage', id],
      'baseVersion',
      'plan',
      ['planId', id],
      ['delta', tensorForm],
      'samples',
      'steps',
      ['variance', measured],
      ['next', requestForm],
      ['lossBefore', measured],
      ['lossAfter', measured],
      ['durationMs', measured],
      'peakBytes',
      'counter',
      ['evaluation', evaluationForm],
      ['masks', masksForm],
    ],
    route: once,
    schema: z.object({
      /** Unique for this update. Sending it again does not count twice. */
      id: hex16,
      lineage: hex16,
      baseVersion: count,
      plan,
      delta: receivedTensor,
      samples: count,
      steps: count,
      /** Gradient variance over the local steps. */
      variance: anyNumber,
      /** The next round is due and could begin: as a `ready` beside it. */
      next: z.object({ follows: z.boolean(), anchorId: hex16OrNone }).optional(),
      lossBefore: anyNumber,
      lossAfter: anyNumber,
      /** The rest is for information, and no coordinator needs it. */
      durationMs: anyNumber.optional(),
      /** Arena of the training program. */
      peakBytes: count.optional(),
      /** Goes up with each update of a member, and counts once (P-28); absent in an open federation. */
      counter: count.max(mostCounter).optional(),
      /** Of the base version, on labelled windows that the gateway holds out. By label: windows, and those recognised. */
      evaluation: z.object({ windows: count, loss: anyNumber, counts: perLabel, right: perLabel }).optional(),
      /** The committee and the seeds by which its delta is masked; absent: it is not. */
      masks: z.object({ epoch: hex64, setup: hex16 }).optional(),
    }),
    encode: (update) => ({ plan: encodePlan(update.plan), delta: encodeTensor(update.delta) }),
  }),

  /** A request for the newest version by a gateway that holds this one (version -1: none). */
  sync: defineMessage({
    number: 4,
    fields: [['lineage', id], 'version', 'maxPartBytes', ['digest', id]],
    route: once,
    schema: z.object({
      lineage: hex16OrNone,
      version: z.number().int().min(-1),
      /** Largest part of the answer, in bytes, because no answer came before. */
      maxPartBytes: count.optional(),
      /** Of the held parameters, which are not those of the coordinator: it answers whatever the version. */
      digest: hex16.optional(),
    }),
  }),

  /**
   * A round is due and could begin, if rounds are granted. A gateway sends it again at each connection and to each
   * coordinator until a grant comes; until then it runs no round.
   */
  ready: defineMessage({
    number: 5,
    fields: [['lineage', id], 'ready', 'follows', ['anchorId', id], ['id', id]],
    route: once,
    schema: z.object({
      lineage: hex16,
      /** False withdraws it, for example after a pause. */
      ready: z.boolean(),
      /** The gateway follows the patches (it predicts, for example): its grant needs no catch-up. */
      follows: z.boolean(),
      /** Id of the anchor it holds beside version 0 of the task's seed; empty: none. */
      anchorId: hex16OrNone,
      /** Requests an `ack` with this id: no grant has come for a while. */
      id: hex16.optional(),
    }),
  }),

  /** A word of a gateway about masks: an offer to help, seeds for helpers, answers of a helper. */
  help: defineMessage({
    number: 16,
    fields: ['content'],
    route: once,
    schema: z.object({ content: bytes }),
  }),
};
