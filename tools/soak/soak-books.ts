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
  let made = 0;
  let taken = 0;
  const refused: Record<string, number> = {};
  for (const gateway of gateways) {
    const answers = new Map(
      lines(join(folder, gateway, 'answered.txt')).map((line) => line.split(' ') as [string, string]),
    );
    for (const [id, answer] of answers) {
      if (answer !== 'taken') refused[answer] = (refused[answer] ?? 0) + 1;
      else if (journal.has(`${gateway} ${id}`)) taken++;
      else failed(`${gateway} got an acknowledgement of ${id}, which is in no journal`);
    }
    const own = lines(join(folder, gateway, 'made.txt'));
    made += own.length;
    for (const id of own) if (!answers.has(id)) failed(`${gateway} made ${id}, which was not answered`);
  }
  const writtenTwice = [...journal.values()].filter((sequences) => sequences.size > 1).length;
  const accepted = newest(folder)?.accepted;
  if (accepted !== journal.size)
    failed(`the checkpoint counts ${accepted} updates, the journals hold ${journal.size}`);
  return { made, taken, journalled: journal.size, writtenTwice, refused };
}

/** Updates in the books of the gateways and of the coordinator. */
export interface SoakBooks {
  readonly made: number;
  readonly taken: number;
  /** Distinct updates in all journals. */
  readonly journalled: number;
  /** Updates of these that were written twice, because the disk reported the first write as failed. */
  readonly writtenTwice: number;
  readonly refused: Readonly<Record<string, number>>;
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
