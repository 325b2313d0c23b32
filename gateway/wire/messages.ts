import type { ImportanceScores, Plan, Segment } from '../model';
import type { Task } from '../task';
import type { TensorEncoding } from './encodings';

/** Version of the protocol; a message of another one is refused before anything else of it is read. */
export const protocolVersion = 1;

/** What every message says about itself. */
export interface Envelope {
  readonly federation: string;
  /** Gateway id of the sender. */
  readonly sender: string;
  /** Counts the sender's messages since its process started; for logs and duplicates, not for order. */
  readonly sequence: number;
}

/** A point in the life of the global model. Versions count applied buffers within one lineage. */
export interface ModelVersion {
  /** New whenever the parameters start anew: 16 hex digits. */
  readonly lineage: string;
  readonly version: number;
}

/** gateway -> coordinator, retained: who I am and what I can carry. */
export interface Hello {
  readonly type: 'hello';
  readonly budgetBytes: number;
  /** Names this run of the sender; changes at each restart. */
  readonly instance: string;
  readonly software: string;
  /** `modelKey` of the task the gateway works on; empty before it has one. */
  readonly modelKey: string;
}

/** gateway -> all, retained and the Last Will: is this gateway connected. */
export interface Presence {
  readonly type: 'presence';
  readonly online: boolean;
}

/** coordinator -> all, retained: this federation's coordinator is me. A second one reads it and stays away. */
export interface Claim {
  readonly type: 'claim';
  readonly instance: string;
  /** When this coordinator started, ms since the epoch. */
  readonly since: number;
  /** False once it has stopped in good order. */
  readonly active: boolean;
}

/** coordinator -> all, retained: what is learned here. */
export interface TaskMessage {
  readonly type: 'task';
  readonly task: Task;
  readonly modelKey: string;
  readonly lineage: string;
  /** What gateways choose their plans by, once it was measured. */
  readonly importance?: ImportanceScores;
}

/** coordinator -> all, retained: the newest version. */
export interface Head extends ModelVersion {
  readonly type: 'head';
  readonly modelKey: string;
  /** Mean accuracy of the averaged model on the coordinator's held-out windows, if it has any. */
  readonly accuracy?: number;
}

/** Numbers for some coordinates of the flat vector. */
export interface Tensor {
  readonly encoding: TensorEncoding;
  readonly values: Float32Array;
}

/** coordinator -> all: what changed from `version - 1` to `version`. */
export interface Patch extends ModelVersion {
  readonly type: 'patch';
  /** The coordinates that changed, ascending. */
  readonly segments: readonly Segment[];
  /** Sum of the segments' lengths; added to the parameters. */
  readonly delta: Tensor;
}

/** coordinator -> one gateway, answering `sync`: the whole model, current and averaged, always float32. */
export interface Snapshot extends ModelVersion {
  readonly type: 'snapshot';
  readonly modelKey: string;
  readonly parameters: Float32Array;
  readonly average: Float32Array;
}

/** gateway -> coordinator: I hold this (version -1: nothing) and need the newest. */
export interface Sync extends ModelVersion {
  readonly type: 'sync';
}

/**
 * gateway -> coordinator, where rounds are granted: a round is due here and could begin. Said again at each connection
 * and to each coordinator until a grant comes; a gateway that says it runs no round.
 */
export interface Ready {
  readonly type: 'ready';
  readonly lineage: string;
  /** False takes it back: paused, say. */
  readonly ready: boolean;
  /** It follows the patches anyway (it predicts, say): its grant needs no catch-up. */
  readonly follows: boolean;
  /** Id of the anchor it holds beside version 0 of the task's seed; empty: none. */
  readonly anchorId: string;
}

/** Numbers to be added to some parameters. */
export interface ParameterChange {
  /** Ascending. */
  readonly segments: readonly Segment[];
  /** Sum of the segments' lengths. */
  readonly delta: Tensor;
}

/** coordinator -> one gateway, answering `ready`: train a round now, from this version. */
export interface Grant extends ModelVersion {
  readonly type: 'grant';
  /** Unique for this grant: 16 hex digits. */
  readonly id: string;
  /**
   * How to come from the anchor to about this version; parameters outside of it are the anchor's. Absent for who follows
   * the patches: it trains from the version it holds.
   */
  readonly catchUp?: ParameterChange;
  /** What the catch-up starts from; absent: version 0 of the task's seed, which everybody can compute. */
  readonly anchor?: Anchor;
}

/** A version that is far from the seed's everywhere (a warm start), sent once to who does not hold it. */
export interface Anchor {
  /** 16 hex digits; a gateway keeps the last one it was sent, and names it in `ready`. */
  readonly id: string;
  /** How to come to it from version 0 of the seed; absent for who holds it. */
  readonly fromSeed?: ParameterChange;
}

/** gateway -> coordinator: the change of the planned parameters after a local round. */
export interface Update {
  readonly type: 'update';
  /** Unique for this update: 16 hex digits. Sending it again does not count twice. */
  readonly id: string;
  readonly lineage: string;
  readonly baseVersion: number;
  readonly plan: Plan;
  readonly delta: Tensor;
  readonly samples: number;
  readonly steps: number;
  /** Gradient variance over the local steps. */
  readonly variance: number;
  readonly lossBefore: number;
  readonly lossAfter: number;
  readonly durationMs: number;
  /** Arena of the training program. */
  readonly peakBytes: number;
}

/** Why an update was not taken. `unknown-sender` asks for a hello and the update again; all others are final. */
export const rejectionReasons = [
  'unknown-sender',
  'other-lineage',
  'plan-mismatch',
  'not-finite',
  'norm-exceeded',
  'too-old',
  'future-version',
  'malformed',
] as const;

/** One of `rejectionReasons`. */
export type RejectionReason = (typeof rejectionReasons)[number];

/** coordinator -> one gateway: what became of an update. Sent only when the contribution is on disk. */
export interface Ack {
  readonly type: 'ack';
  readonly id: string;
  readonly status: 'accepted' | 'duplicate' | 'rejected';
  readonly reason?: RejectionReason;
  /** For a person: names the field, what came and what was wanted. */
  readonly detail?: string;
  /** The coordinator's newest version. */
  readonly version: number;
}

/** Part of a message that is larger than the broker takes; the parts of one id, joined in order, are one message. */
export interface Chunk {
  readonly type: 'chunk';
  readonly id: string;
  readonly index: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** What a message says, without its envelope: one of the types of docs/protocol.md, told apart by `type`. */
export type Body =
  | Hello
  | Presence
  | Claim
  | TaskMessage
  | Head
  | Patch
  | Snapshot
  | Sync
  | Ready
  | Grant
  | Update
  | Ack
  | Chunk;

/** The type of a message; the last level of its topic. */
export type MessageType = Body['type'];

/** What a message of that type says. */
export type BodyOf<T extends MessageType> = Extract<Body, { type: T }>;
/** A message as rooms above see it: envelope and body in one, checked. */
export type Message<T extends MessageType = MessageType> = Envelope & BodyOf<T>;
