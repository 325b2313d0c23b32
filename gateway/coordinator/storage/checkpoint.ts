import { z } from 'zod';
import { type Resumable, runSync, stepNumbers } from '../../platform';
import type { Task } from '../../task';
import type { SavedMember } from '../fleet/membership';
import type { ModelParameters } from '../model/global-model';
import { damaged, decodeContainer, encodeContainer } from './array-container';
import { crc32 } from './crc32';

/** `FTTECP` and the version of the form. */
const magic = Buffer.from('FTTECP01', 'latin1');

/** Bytes that are copied and summed up between two pauses. */
const stepBytes = 8 * stepNumbers;

const headerSchema = z.object({
  lineage: z.string(),
  version: z.number().int().min(0),
  modelKey: z.string(),
  /** Kept for people who find the file; the coordinator goes by the task it was given. */
  task: z.unknown(),
  /** Contributions up to this sequence are in the parameters. */
  appliedThrough: z.number().int().min(0),
  /** What the next accepted update will be; those between wait in the journal. */
  nextSequence: z.number().int().min(1),
  accepted: z.number().int().min(0),
  rejected: z.record(z.string(), z.number()),
  best: z
    .object({
      version: z.number(),
      balancedAccuracy: z.number().optional(),
      meanSquaredError: z.number().optional(),
    })
    .optional(),
  abandoned: z.array(z.object({ after: z.number(), before: z.number() })),
  members: z.array(
    z.object({
      id: z.string(),
      budgetBytes: z.number(),
      contributions: z.number(),
      lastHeardMs: z.number(),
      seen: z.array(z.string()),
    }),
  ),
});

/** Everything a coordinator needs to go on from a version. */
export interface CheckpointState extends Omit<z.infer<typeof headerSchema>, 'task' | 'members'> {
  readonly task: Task;
  readonly members: readonly SavedMember[];
  readonly parameters: ModelParameters;
  /** State of the server optimiser and of the aggregation rule. */
  readonly server: ReadonlyMap<string, Float32Array>;
  readonly aggregator: ReadonlyMap<string, Float32Array>;
}

/** A checkpoint as it comes back. */
export type LoadedCheckpoint = Omit<CheckpointState, 'task'>;

/** The bytes of a checkpoint: magic, `pack`ed state, CRC-32 of all before it. */
export function encodeCheckpoint(state: CheckpointState): Uint8Array {
  return runSync(encodeCheckpointSteps(state));
}

/** The same, with a pause after so many numbers. The state's arrays must stay as they are until it is done. */
export function* encodeCheckpointSteps(state: CheckpointState): Resumable<Uint8Array> {
  const { parameters, server, aggregator, ...header } = state;
  const arrays = new Map<string, Float32Array>(Object.entries(parameters));
  for (const [name, values] of server) arrays.set(`server/${name}`, values);
  for (const [name, values] of aggregator) arrays.set(`aggregator/${name}`, values);
  const parts = [magic, ...encodeContainer({ header, arrays })];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  // Not from the pool: it may be kept.
  const bytes = Buffer.allocUnsafeSlow(length + 4);
  let crc = 0;
  let at = 0;
  for (const part of parts) {
    for (let from = 0; from < part.length; from += stepBytes) {
      const piece = part.subarray(from, from + stepBytes);
      bytes.set(piece, at);
      crc = crc32(piece, crc);
      at += piece.length;
      if (piece.length === stepBytes) yield;
    }
  }
  bytes.writeUInt32LE(crc, length);
  return bytes;
}

/** What a checkpoint tells somebody other than its coordinator. */
export interface StoredModel {
  /** As the coordinator had it; unchecked. */
  readonly task: unknown;
  readonly lineage: string;
  readonly version: number;
  readonly parameters: ModelParameters;
}

/** @throws FtteError `checkpoint-damaged` naming what is wrong */
export function decodeStoredModel(bytes: Uint8Array): StoredModel {
  const { task, lineage, version, parameters } = decodeWhole(bytes);
  return { task, lineage, version, parameters };
}

/** @throws FtteError `checkpoint-damaged` naming what is wrong */
export function decodeCheckpoint(bytes: Uint8Array): LoadedCheckpoint {
  const { task: _, ...rest } = decodeWhole(bytes);
  return rest;
}

function decodeWhole(bytes: Uint8Array): LoadedCheckpoint & { task: unknown } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < magic.length + 4) throw damaged(`only ${buffer.length} bytes long`);
  if (!buffer.subarray(0, magic.length).equals(magic)) throw damaged('does not begin as a checkpoint does');
  if (crc32(buffer.subarray(0, -4)) !== buffer.readUInt32LE(buffer.length - 4)) {
    throw damaged('its check sum does not match');
  }
  const { header, arrays } = decodeContainer(buffer.subarray(magic.length, -4));
  const result = headerSchema.safeParse(header);
  if (!result.success) throw damaged(`header: ${result.error.issues[0]?.message}`);
  return {
    ...result.data,
    task: result.data.task,
    parameters: {
      exact: need(arrays, 'exact'),
      published: need(arrays, 'published'),
      average: need(arrays, 'average'),
    },
    server: under(arrays, 'server/'),
    aggregator: under(arrays, 'aggregator/'),
  };
}

function need(arrays: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const values = arrays.get(name);
  if (!values) throw damaged(`holds no ${name} parameters`);
  return values;
}

function under(arrays: ReadonlyMap<string, Float32Array>, prefix: string): Map<string, Float32Array> {
  const found = [...arrays].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, values]) => [name.slice(prefix.length), values]));
}
