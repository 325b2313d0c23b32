import { modelKey, parseTask } from '../../../gateway/task';
import type { Body, BodyOf, Envelope, MessageType } from '../../../gateway/wire';

export const envelope: Envelope = { federation: 'clinic', sender: 'gw-1', sequence: 7 };
export const hex = '0123456789abcdef';

export const task = parseTask({
  name: 'steps',
  input: {
    channels: [
      { name: 'acc_x', unit: 'g' },
      { name: 'acc_y', unit: 'g', centre: 0.25, spread: 0.5 },
    ],
    rateHz: 50,
    length: 16,
    hop: 8,
  },
  labels: ['still', 'moving'],
  model: { preset: 'cnn1d' },
});

/** One of each type, with every field. */
const samples: { readonly [Type in MessageType]: BodyOf<Type> } = {
  hello: {
    type: 'hello',
    budgetBytes: 3_000_000_000,
    instance: hex,
    software: 'ftte 0.1.0',
    modelKey: '',
    answer: true,
    maxPartBytes: 4096,
  },
  twin: { type: 'twin', instance: hex },
  presence: { type: 'presence', online: true, instance: '00c0ffee00c0ffee' },
  claim: { type: 'claim', instance: hex, since: 1_795_498_909_842, active: true, paused: true },
  task: { type: 'task', task, modelKey: modelKey(task), lineage: hex },
  head: {
    type: 'head',
    lineage: hex,
    version: 3,
    modelKey: hex,
    accuracy: 0.875,
    digest: hex,
    labels: Uint8Array.of(5, 40, 255),
    proof: hex,
  },
  patch: {
    type: 'patch',
    lineage: hex,
    version: 3,
    segments: [
      { offset: 1, length: 2 },
      { offset: 300, length: 1 },
    ],
    delta: { encoding: 'int8', values: Float32Array.of(127, -2, 1) },
  },
  snapshot: {
    type: 'snapshot',
    lineage: hex,
    version: 3,
    modelKey: hex,
    parameters: Float32Array.of(1, -0.5),
    average: Float32Array.of(0.5, 2 ** -126),
  },
  sync: { type: 'sync', lineage: '', version: -1, maxPartBytes: 65_536, digest: hex },
  ready: { type: 'ready', lineage: hex, ready: true, follows: false, anchorId: '', id: hex },
  grant: {
    type: 'grant',
    lineage: hex,
    version: 3,
    id: hex,
    catchUp: {
      segments: [{ offset: 4, length: 3 }],
      delta: { encoding: 'int8-blocks', values: Float32Array.of(127, -64, 0) },
    },
    anchor: {
      id: hex,
      fromSeed: {
        segments: [{ offset: 0, length: 2 }],
        delta: { encoding: 'float16', values: Float32Array.of(0.5, -2) },
      },
    },
    digest: hex,
    labels: Uint8Array.of(5, 40, 255),
  },
  update: {
    type: 'update',
    id: hex,
    lineage: hex,
    baseVersion: 2,
    plan: { microBatch: 8, entries: [{ tensor: 0 }, { tensor: 2, channels: [0, 9, 15] }] },
    delta: { encoding: 'float32', values: Float32Array.of(0.1, -3) },
    samples: 64,
    steps: 4,
    variance: 0.5,
    lossBefore: 1.75,
    lossAfter: 1.5,
    durationMs: 12.5,
    peakBytes: 65_536,
    counter: 300,
    evaluation: { windows: 24, loss: 0.75, counts: [16, 8], right: [15, 4] },
    masks: { epoch: hex.repeat(4), setup: '00c0ffee00c0ffee' },
  },
  ack: {
    type: 'ack',
    id: hex,
    status: 'rejected',
    reason: 'too-old',
    detail: 'age 60, at most 50',
    version: 62,
  },
  committee: { type: 'committee', content: Uint8Array.of(1, 2, 3) },
  help: { type: 'help', content: Uint8Array.of(4, 5) },
  ask: { type: 'ask', content: Uint8Array.of(6) },
  chunk: { type: 'chunk', id: hex, index: 0, count: 2, bytes: Uint8Array.of(1, 2, 255) },
};

export const bodies: readonly Body[] = Object.values(samples);

/** The one of a type. */
export const bodyOf = <Type extends MessageType>(type: Type): BodyOf<Type> => samples[type];
