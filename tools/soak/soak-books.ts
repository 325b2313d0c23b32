import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeCheckpoint } from '../../gateway/coordinator/storage/checkpoint';
import { decodeRecords } from '../../gateway/coordinator/storage/journal-record';
import { coordinatorId } from './soak-types';

/** Reads the folders of a finished run and compares them. @param failed called with each difference */
export function readBooks(
  folder: string,
  gateways: readonly string[],
  failed: (what: string) => void,
): SoakBooks {
  const journal = new Map<string, Set<number>>();
  for (const path of journals(folder)) {
    for (const { contribution } of decodeRecords(readFileSync(path)).entries) {
      const key = `${contribution.gateway} ${contribution.id}`;
      journal.set(key, (journal.get(key) ?? new Set()).add(contribution.sequence));
    }
  }
  const own = gateways.map((gateway) => readGatewayBook(folder, gateway, journal, failed));
  const sum = (of: (book: GatewayBook) => number) => own.reduce((total, book) => total + of(book), 0);
  const refused: Record<string, number> = {};
  for (const book of own)
    for (const [reason, count] of Object.entries(book.refused))
      refused[reason] = (refused[reason] ?? 0) + count;
  const writtenTwice = [...journal.values()].filter((sequences) => sequences.size > 1).length;
  const accepted = newest(folder)?.accepted;
  if (accepted !== journal.size)
    failed(`the checkpoint counts ${accepted} updates, the journals hold ${journal.size}`);
  return {
    made: sum(({ made }) => made),
    merged: sum(({ merged }) => merged),
    dropped: sum(({ dropped }) => dropped),
    taken: sum(({ taken }) => taken),
    journalled: journal.size,
    writtenTwice,
    refused,
  };
}

/**
 * Reads the files of one gateway. Each update that it made has to be answered, to be dropped at a limit of the outbox, or to
 * be a part of one that was; and what was acknowledged has to be in a journal.
 * @param journal has the updates of all journals, as `gateway id`
 * @param failed called with each difference
 */
export function readGatewayBook(
  folder: string,
  gateway: string,
  journal: { has(key: string): boolean },
  failed: (what: string) => void,
): GatewayBook {
  const pairs = (name: string) =>
    new Map(lines(join(folder, gateway, name)).map((line) => line.split(' ') as [string, string]));
  const answers = pairs('answered.txt');
  const merged = pairs('merged.txt');
  const dropped = new Set(lines(join(folder, gateway, 'dropped.txt')));
  const made = new Set(lines(join(folder, gateway, 'made.txt')));
  let taken = 0;
  const refused: Record<string, number> = {};
  for (const [id, answer] of answers) {
    // Hellos and requests for rounds are acknowledged, too.
    if (!made.has(id)) continue;
    if (answer !== 'taken') refused[answer] = (refused[answer] ?? 0) + 1;
    else if (journal.has(`${gateway} ${id}`)) taken++;
    else failed(`${gateway} got an acknowledgement of ${id}, which is in no journal`);
  }
  for (const id of made) {
    const into = merged.get(id);
    if (into !== undefined && answers.has(id))
      failed(`${gateway} made ${id} a part of ${into}, and it was answered alone, too`);
    const carrier = into ?? id;
    const what = into === undefined ? id : `${id}, a part of ${into}`;
    if (!answers.has(carrier) && !dropped.has(carrier))
      failed(`${gateway} made ${what}, which was not answered`);
  }
  return { made: made.size, merged: merged.size, dropped: dropped.size, taken, refused };
}

/** The updates of one gateway. */
export interface GatewayBook {
  /** Updates of rounds. */
  readonly made: number;
  /** Updates that became a part of another one, because nothing could be sent. */
  readonly merged: number;
  /** Updates that were dropped at a limit of the outbox. */
  readonly dropped: number;
  /** Updates that the coordinator acknowledged. */
  readonly taken: number;
  /** Updates that the coordinator refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Updates in the books of the gateways and of the coordinator. */
export interface SoakBooks extends GatewayBook {
  /** Distinct updates in all journals. */
  readonly journalled: number;
  /** Updates of these that were written twice, because the disk reported the first write as failed. */
  readonly writtenTwice: number;
}

function journals(folder: string): string[] {
  const archive = join(folder, `${coordinatorId}-archive`);
  const model = modelFolder(folder);
  const isJournal = (name: string) => name.includes('journal-');
  return [archive, model].flatMap((from) =>
    readdirSync(from)
      .filter(isJournal)
      .map((name) => join(from, name)),
  );
}

function newest(folder: string) {
  const model = modelFolder(folder);
  const name = readdirSync(model)
    .filter((file) => file.endsWith('.ckpt'))
    .sort()
    .at(-1);
  return name === undefined ? undefined : decodeCheckpoint(readFileSync(join(model, name)));
}

function modelFolder(folder: string): string {
  const own = join(folder, coordinatorId);
  const model = readdirSync(own, { withFileTypes: true }).find((entry) => entry.isDirectory());
  return join(own, model?.name ?? '');
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
