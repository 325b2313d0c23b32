import { z } from 'zod';
import { packSegments, type Segment, unpackSegments } from '../../model';
import { checkSchema, crc32, type Resumable, stepNumbers } from '../../platform';
import type { Task } from '../../task';
import { aboveSchema, type SavedAbove } from '../above/unsent-progress';
import { replayChanges } from '../fleet/member-changes';
import type { SavedMember } from '../fleet/membership';
import type { ModelParameters } from '../model/global-model';
import { damaged, decodeContainer, encodeContainer, type StoredArray } from './array-container';

/** `FTTECP` and the version of the format. */
const magic = Buffer.from('FTTECP02', 'latin1');
/** The earlier format: all members in the header, and no changes. */
const magicWithMembers = Buffer.from('FTTECP01', 'latin1');

/** Bytes whose CRC is computed between two pauses. */
const stepBytes = 8 * stepNumbers;

const headerSchema = z.object({
  lineage: z.string(),
  version: z.number().int().min(0),
  modelKey: z.string(),
  /** The term of the coordinator that wrote it, and its run. Files of earlier versions have none. */
  term: z.number().int().min(0).default(0),
  run: z.string().optional(),
  /** For people who find the file. The coordinator uses the task of its options. */
  task: z.unknown(),
  /** Contributions up to this sequence number are in the parameters. */
  appliedThrough: z.number().int().min(0),
  /** The sequence number of the next accepted update. Contributions in between are in the journal. */
  nextSequence: z.number().int().min(1),
  accepted: z.number().int().min(0),
  rejected: z.record(z.string(), z.number()),
  best: z
    .object({
      version: z.number(),
      balancedAccuracy: z.number().optional(),
      meanSquaredError: z.number().optional(),
      federated: z.boolean().optional(),
    })
    .optional(),
  /** The shares of labels that gateways received last, see `encodeShares`. Files of earlier versions have none. */
  labels: z.array(z.number().int().min(0).max(255)).optional(),
  abandoned: z.array(z.object({ after: z.number(), before: z.number() })),
  /** Numbers of the past versions that damping remembered; the trail holds their parameters. */
  past: z
    .object({
      from: z.number().int().min(0),
      to: z.number().int().min(0),
      count: z.number().int().min(1),
    })
    .optional(),
  /** Of the coordinator of a region. */
  above: aboveSchema.optional(),
  /** Number of the file with all members; absent if there is none. */
  roster: z.number().int().min(1).optional(),
  members: z
    .array(
      z.object({
        id: z.string(),
        budgetBytes: z.number(),
        contributions: z.number(),
        lastHeardMs: z.number(),
        seen: z.array(z.string().regex(/^[0-9a-f]{16}$/)),
      }),
    )
    .default([]),
});

/** The members in a checkpoint. */
export interface CheckpointMembers {
  /** Number of the roster that the changes follow. Undefined: they follow `saved`. */
  readonly roster: number | undefined;
  /** All members, in checkpoints of the format before rosters. */
  readonly saved: readonly SavedMember[];
  /** The bytes of a `MemberChanges`. */
  readonly changes: Uint8Array;
}

/** Everything that a coordinator needs to continue from a version. */
export interface CheckpointState
  extends Omit<z.infer<typeof headerSchema>, 'task' | 'roster' | 'members' | 'above'> {
  readonly task: Task;
  /** Of the coordinator of a region: what it has not sent to the federation above. */
  readonly above?: SavedAbove | undefined;
  readonly members: CheckpointMembers;
  readonly parameters: ModelParameters;
  /** Coordinates on which exact and published parameters may differ. Undefined: all of them. */
  readonly residue: readonly Segment[] | undefined;
  /** The state of the server optimiser and of the aggregation rule. */
  readonly server: ReadonlyMap<string, Float32Array>;
  readonly aggregator: ReadonlyMap<string, Float32Array>;
}

/** A checkpoint that was read. */
export type LoadedCheckpoint = Omit<CheckpointState, 'task'>;

/** A checkpoint without its members. */
export type SavedVersion = Omit<LoadedCheckpoint, 'members'>;

/**
 * A checkpoint as bytes, in parts: magic, u32 length of the members' changes, the changes, the container of the state,
 * and the CRC-32 of everything before it. It runs in steps. The parts are views: the arrays of the state must not
 * change until they are written.
 */
export function* encodeCheckpoint(state: CheckpointState): Resumable<Uint8Array[]> {
  const { parameters, residue, server, aggregator, members, task, above, ...rest } = state;
  const { roster, saved: _, changes } = members;
  const { anchor, update, ...place } = above ?? {};
  const header = { ...rest, roster, ...(above && { above: place }) };
  const arrays = new Map<string, StoredArray>(Object.entries(parameters));
  if (anchor) arrays.set('above/anchor', anchor);
  if (update) arrays.set('above/update', update);
  if (residue) arrays.set('residue', packSegments(residue));
  for (const [name, values] of server) arrays.set(`server/${name}`, values);
  for (const [name, values] of aggregator) arrays.set(`aggregator/${name}`, values);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(changes.length);
  const parts = [magic, length, changes, ...encodeContainer({ header, arrays }, `"task":${taskJson(task)}`)];
  let crc = 0;
  for (const part of parts) {
    for (let from = 0; from < part.length; from += stepBytes) {
      const piece = part.subarray(from, from + stepBytes);
      crc = crc32(piece, crc);
      if (piece.length === stepBytes) yield;
    }
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc);
  return [...parts, sum];
}

/** Every version of a model has the same task, which is most of a header. */
const taskTexts = new WeakMap<Task, string>();

function taskJson(task: Task): string {
  const known = taskTexts.get(task);
  if (known !== undefined) return known;
  const text = JSON.stringify(task);
  taskTexts.set(task, text);
  return text;
}

/** The part of a checkpoint that is of use without its coordinator. */
export interface StoredModel {
  /** As the coordinator had written it; unchecked. */
  readonly task: unknown;
  readonly lineage: string;
  readonly version: number;
  readonly parameters: ModelParameters;
}

/** @throws FtteError `checkpoint-damaged` naming the damage */
export function decodeStoredModel(bytes: Uint8Array): StoredModel {
  const { task, lineage, version, parameters } = decodeWhole(bytes);
  return { task, lineage, version, parameters };
}

/** @throws FtteError `checkpoint-damaged` naming the damage */
export function decodeCheckpoint(bytes: Uint8Array): LoadedCheckpoint {
  const { task: _, ...rest } = decodeWhole(bytes);
  return rest;
}

function decodeWhole(bytes: Uint8Array): LoadedCheckpoint & { task: unknown } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.length - 4;
  if (end < magic.length) throw damaged(`it is only ${buffer.length} bytes long`);
  const before = buffer.subarray(0, magic.length).equals(magicWithMembers);
  if (!before && !buffer.subarray(0, magic.length).equals(magic)) {
    throw damaged('it does not begin like a checkpoint');
  }
  if (crc32(buffer.subarray(0, end)) !== buffer.readUInt32LE(end)) {
    throw damaged('its checksum differs');
  }
  const changes = before ? buffer.subarray(0, 0) : changesIn(buffer.subarray(magic.length, end));
  const from = magic.length + (before ? 0 : 4 + changes.length);
  const { header, arrays } = decodeContainer(buffer.subarray(from, end));
  const { data, issue } = checkSchema(headerSchema, header);
  if (issue) throw damaged(`its header: ${issue.field}: ${issue.text}`);
  const { roster, members, task, above, ...rest } = data;
  const saved = members.map(({ seen, ...member }) => ({
    ...member,
    seen: Buffer.from(seen.join(''), 'hex'),
  }));
  const exact = need(arrays, 'exact');
  return {
    ...rest,
    task,
    members: { roster, saved, changes },
    ...(above && { above: aboveIn(above, arrays) }),
    residue: residueIn(arrays, exact.length),
    parameters: {
      exact,
      published: need(arrays, 'published'),
      average: need(arrays, 'average'),
    },
    server: under(arrays, 'server/'),
    aggregator: under(arrays, 'aggregator/'),
  };
}

/** The changes at the start of the bytes after the magic. */
function changesIn(bytes: Buffer): Uint8Array {
  const end = bytes.length < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readUInt32LE(0);
  if (end > bytes.length) throw damaged(`its changes of the members end at ${end} of ${bytes.length} bytes`);
  // A copy, because it may be kept longer than the parameters.
  const changes = Uint8Array.from(bytes.subarray(4, end));
  replayChanges(changes, { hello() {}, heard() {}, accepted() {}, removed() {} });
  return changes;
}

function residueIn(arrays: ReadonlyMap<string, StoredArray>, size: number): Segment[] | undefined {
  const packed = arrays.get('residue');
  if (!packed) return undefined;
  const residue = packed instanceof Uint8Array ? unpackSegments(packed, size) : undefined;
  if (!residue) throw damaged('the segments of its residue do not fit the parameters');
  return residue;
}

function aboveIn(place: z.infer<typeof aboveSchema>, arrays: ReadonlyMap<string, StoredArray>): SavedAbove {
  const update = arrays.get('above/update');
  if (update && !(update instanceof Uint8Array)) throw damaged('its update for the federation above is none');
  return { ...place, anchor: need(arrays, 'above/anchor'), update };
}

function need(arrays: ReadonlyMap<string, StoredArray>, name: string): Float32Array {
  const values = arrays.get(name);
  if (!values) throw damaged(`it has no ${name} parameters`);
  return floats(name, values);
}

function under(arrays: ReadonlyMap<string, StoredArray>, prefix: string): Map<string, Float32Array> {
  const found = [...arrays].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, values]) => [name.slice(prefix.length), floats(name, values)]));
}

function floats(name: string, values: StoredArray): Float32Array {
  if (!(values instanceof Float32Array)) throw damaged(`its array ${name} is not of type float32`);
  return values;
}
