import { FtteError, runAsync, runSync, type YieldToEventLoop } from '../../platform';
import type { MemberChanges } from '../fleet/member-changes';
import type { SavedMember } from '../fleet/membership';
import type { FileStore } from './file-store';
import { decodeRoster, encodeRoster } from './roster';

/** The members, for the code that writes them. */
export interface MembersToSave {
  /** The changes since the last time that all members were written. */
  readonly changes: MemberChanges;
  /** All members at this time, one after the other. */
  saved(): Iterable<SavedMember>;
}

/** Rosters that are kept: the present one, that of the checkpoint before, and one that no checkpoint names. */
const kept = 3;

/** Files with all members. A new file is written from time to time, under a number that is never used again. */
export class Rosters {
  private numbers: number[] = [];
  private highest = 0;
  /** Numbers of damaged files, which are set aside and not removed. */
  private readonly damaged = new Set<number>();
  /** Numbers of writes that were undone. A file of one of them is there if only the answer of the server was lost. */
  private readonly doubtful = new Set<number>();

  constructor(
    private readonly files: FileStore,
    private readonly turn?: YieldToEventLoop,
  ) {}

  /** Remembers which files there are. @returns goes back to that, once writes since then were undone */
  mark(): () => void {
    const numbers = [...this.numbers];
    const doubtful = [...this.doubtful];
    return () => {
      // `tidy` has cleared them, and a removal that was undone may not have been done.
      for (const number of doubtful) this.doubtful.add(number);
      for (const number of this.numbers) if (!numbers.includes(number)) this.doubtful.add(number);
      this.numbers = numbers;
    };
  }

  /** Finds the existing files. */
  async open(): Promise<void> {
    this.numbers = (await this.files.list()).map(numberOf).filter((number) => number !== undefined);
    this.numbers.sort((a, b) => a - b);
    this.highest = this.numbers.at(-1) ?? 0;
  }

  /** @throws FtteError `checkpoint-damaged` if the file is damaged or missing; `storage` */
  async read(number: number): Promise<SavedMember[]> {
    const name = nameOf(number);
    if (!this.numbers.includes(number)) throw new FtteError('checkpoint-damaged', `${name} is missing`);
    const bytes = await this.files.read(name);
    try {
      return decodeRoster(bytes);
    } catch (error) {
      if (!(error instanceof FtteError)) throw error;
      this.damaged.add(number);
      throw new FtteError(error.code, `${name}: ${error.message}`, { name }, { cause: error });
    }
  }

  /**
   * Writes all members; the file is durable when it resolves.
   * @returns the number of the file
   * @throws FtteError `storage`; the number is not used again
   */
  async write(members: Iterable<SavedMember>): Promise<number> {
    const number = ++this.highest;
    const steps = encodeRoster(members);
    const parts = this.turn ? await runAsync(steps, this.turn) : runSync(steps);
    await this.files.write(nameOf(number), parts);
    this.numbers.push(number);
    return number;
  }

  /** Removes the files that no checkpoint needs. @param present number that the newest checkpoint names */
  async tidy(present: number): Promise<void> {
    const stay = new Set([...this.numbers.filter((number) => number <= present).slice(-kept), present]);
    const gone = this.numbers.filter((number) => !stay.has(number));
    for (const number of gone) {
      await (this.damaged.has(number)
        ? this.files.setAside(nameOf(number))
        : this.files.remove(nameOf(number)));
    }
    for (const number of this.doubtful) await this.files.remove(nameOf(number));
    this.doubtful.clear();
    this.numbers = this.numbers.filter((number) => stay.has(number));
  }
}

function nameOf(number: number): string {
  return `members-${String(number).padStart(9, '0')}.bin`;
}

function numberOf(name: string): number | undefined {
  const match = /^members-(\d{9,15})\.bin$/.exec(name);
  return match ? Number(match[1]) : undefined;
}
