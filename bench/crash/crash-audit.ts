import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Contribution } from '../../gateway/coordinator/aggregation/contribution';
import { Membership } from '../../gateway/coordinator/fleet/membership';
import { CoordinatorState } from '../../gateway/coordinator/state/coordinator-state';
import { decodeCheckpoint, type LoadedCheckpoint } from '../../gateway/coordinator/storage/checkpoint';
import { decodeRecords } from '../../gateway/coordinator/storage/journal-record';
import { parameterLayout } from '../../gateway/model';
import { runSync } from '../../gateway/platform';
import { type Task, taskModel } from '../../gateway/task';
import { readGatewayBook } from '../../tools/soak/soak-books';
import { isCheckpoint, isJournal } from './crash-archive';
import { archiveOf, coordinatorId, sharedArchiveOf } from './crash-types';

/** The content of the files of a finished schedule. */
export interface CrashBooks {
  readonly versions: number;
  /** Versions that the version before them and the journalled contributions make, bit for bit. */
  readonly recomputed: number;
  /** Updates of rounds. */
  readonly made: number;
  readonly merged: number;
  /** Updates that the coordinator acknowledged. */
  readonly taken: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly journalled: number;
  readonly applied: number;
  /** Acknowledged updates that are in no journal or no version, and rounds without an answer. */
  readonly lost: readonly string[];
  /** Updates that are in two versions, or alone and as a part of another. */
  readonly doubled: readonly string[];
  readonly faults: readonly string[];
}

/**
 * Reads everything that a schedule has left: each version is made once more, from the checkpoint before it and the
 * contributions that the journal has between the two, and compared bit for bit.
 * @param places folders with the journals and checkpoints
 */
export function auditCrash(
  folder: string,
  task: Task,
  gateways: readonly string[],
  places = folderPlaces(folder),
): CrashBooks {
  const lost: string[] = [];
  const doubled: string[] = [];
  const faults: string[] = [];
  const files = filesIn(places);
  const checkpoints = readCheckpoints(files, faults);
  const journal = readJournals(files, faults);
  const versions = [...checkpoints.values()].sort((a, b) => a.version - b.version);
  const lineages = new Set(versions.map(({ lineage }) => lineage));
  if (lineages.size !== 1) faults.push(`${lineages.size} lineages`);
  const applied = new Map<string, number>();
  let recomputed = 0;
  for (const [i, after] of versions.entries()) {
    const before = versions[i - 1];
    if (!before) continue;
    if (after.version !== before.version + 1) {
      faults.push(`no checkpoint between ${before.version} and ${after.version}`);
      continue;
    }
    const used: Contribution[] = [];
    const missing: string[] = [];
    for (let sequence = before.appliedThrough + 1; sequence <= after.appliedThrough; sequence++) {
      const contribution = journal.get(sequence);
      if (!contribution) missing.push(`sequence ${sequence} of version ${after.version} is in no journal`);
      else used.push(contribution);
    }
    for (const contribution of used) {
      const key = keyOf(contribution);
      const earlier = applied.get(key);
      if (earlier !== undefined) doubled.push(`${key} is in versions ${earlier} and ${after.version}`);
      applied.set(key, after.version);
    }
    // A number whose append failed, because the server of the log was killed, belongs to nobody, and the version lacks nothing.
    if (remade(task, checkpoints, before, used) === digestOf(after)) recomputed++;
    else {
      lost.push(...missing);
      faults.push(
        `version ${after.version} is not what ${used.length} contributions make of ${before.version}`,
      );
    }
  }
  const ids = new Set([...journal.values()].map(keyOf));
  const newest = versions.at(-1);
  for (const [sequence, contribution] of journal)
    if (newest && sequence <= newest.appliedThrough && !applied.has(keyOf(contribution)))
      lost.push(`${keyOf(contribution)} is in the journal and in no version`);
  if (newest && newest.accepted !== ids.size)
    faults.push(`the newest checkpoint counts ${newest.accepted} updates, the journals have ${ids.size}`);
  const own = gateways.map((gateway) =>
    readGatewayBook(folder, gateway, ids, (what) =>
      (/answered alone, too/.test(what) ? doubled : lost).push(what),
    ),
  );
  const refused: Record<string, number> = {};
  for (const book of own)
    for (const [reason, count] of Object.entries(book.refused))
      refused[reason] = (refused[reason] ?? 0) + count;
  const sum = (of: (book: (typeof own)[number]) => number) =>
    own.reduce((total, book) => total + of(book), 0);
  return {
    versions: versions.length,
    recomputed,
    made: sum(({ made }) => made),
    merged: sum(({ merged }) => merged),
    taken: sum(({ taken }) => taken),
    refused,
    journalled: ids.size,
    applied: applied.size,
    lost,
    doubled,
    faults,
  };
}

const keyOf = ({ gateway, id }: Contribution) => `${gateway} ${id}`;

/** Digest of everything that a version consists of. */
function digestOf({
  parameters: { exact, published, average },
}: Pick<LoadedCheckpoint, 'parameters'>): string {
  const hash = createHash('sha256');
  for (const values of [exact, published, average])
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return hash.digest('hex');
}

/** The version that the contributions make of a checkpoint, as a digest. */
function remade(
  task: Task,
  checkpoints: ReadonlyMap<number, LoadedCheckpoint>,
  before: LoadedCheckpoint,
  contributions: readonly Contribution[],
): string {
  const layout = parameterLayout(taskModel(task));
  const start = new Float32Array(layout.size);
  const state = new CoordinatorState(task, layout, before.lineage, start, new Membership(1_000));
  state.restore(before);
  const { past } = before;
  for (let version = past?.from ?? 0; past && version <= past.to; version++) {
    const known = checkpoints.get(version);
    if (known) state.rememberPast(version, known.parameters.published);
  }
  const weights = runSync(state.combine(contributions));
  runSync(state.advance(contributions, weights));
  return digestOf(state.model);
}

/** The newest checkpoint of each version. */
function readCheckpoints(files: readonly string[], faults: string[]): Map<number, LoadedCheckpoint> {
  const found = new Map<number, LoadedCheckpoint>();
  for (const path of files.filter((file) => isCheckpoint(nameOf(file)))) {
    const checkpoint = decodeCheckpoint(readFileSync(path));
    const { version, appliedThrough } = checkpoint;
    const known = found.get(version);
    if (known && digestOf(known) !== digestOf(checkpoint))
      faults.push(`version ${version} was written with two sets of parameters`);
    if (!known || known.accepted < checkpoint.accepted || known.appliedThrough < appliedThrough)
      found.set(version, checkpoint);
  }
  return found;
}

/** Contributions by sequence number. */
function readJournals(files: readonly string[], faults: string[]): Map<number, Contribution> {
  const found = new Map<number, Contribution>();
  for (const path of files.filter((file) => isJournal(nameOf(file)))) {
    const { entries, damaged } = decodeRecords(readFileSync(path));
    if (damaged > 0) faults.push(`${damaged} records of ${path} are damaged`);
    for (const { contribution } of entries) {
      const known = found.get(contribution.sequence);
      if (known && keyOf(known) !== keyOf(contribution))
        faults.push(
          `sequence ${contribution.sequence} was given to ${keyOf(known)} and ${keyOf(contribution)}`,
        );
      found.set(contribution.sequence, contribution);
    }
  }
  return found;
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** The folders of a coordinator's model, and of the files that it has removed. */
export function folderPlaces(folder: string): string[] {
  const own = join(folder, coordinatorId);
  const models = readdirSync(own)
    .map((name) => join(own, name))
    .filter((path) => statSync(path).isDirectory() && !path.endsWith('security'));
  if (models.length !== 1) throw new Error(`expected one folder of a model, got ${models.join(', ')}`);
  return [archiveOf(own), ...models];
}

/** The folder with all that a log on a server has had. */
export const sharedPlaces = (folder: string): string[] => [sharedArchiveOf(folder)];

const filesIn = (places: readonly string[]) =>
  places
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path).map((name) => join(path, name)));
