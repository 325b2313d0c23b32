import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportanceScores } from '../../model';
import { type Clock, LatestFile, type Random } from '../../platform';
import { formatImportanceScores, parseImportanceScores, type ScoreSubject } from './score-file';

/** Options of `ScoreStore`. */
export interface ScoreStoreOptions {
  readonly clock: Clock;
  /** Jitter between attempts to write. */
  readonly random: Random;
  readonly onProblem: (error: unknown) => void;
}

/** Keeps the importance scores of a model across restarts, in a file beside its checkpoints. */
export class ScoreStore {
  private readonly path: string | undefined;
  private readonly latest: LatestFile | undefined;

  /** @param folder the model's; undefined: nothing outlives the process */
  constructor(folder: string | undefined, options: ScoreStoreOptions) {
    if (folder === undefined) return;
    this.path = join(folder, 'importance.json');
    const onStorage = (problem: unknown) => {
      if (problem) options.onProblem(problem);
    };
    this.latest = new LatestFile({ ...options, path: this.path, onStorage });
  }

  /**
   * The scores of before a restart, as far as they fit: all for the same strategy, else the norms alone. Undefined if
   * there are none or the file cannot be read; they are then measured again.
   */
  async read({ lineage, strategy }: ScoreSubject): Promise<ImportanceScores | undefined> {
    if (this.path === undefined) return undefined;
    try {
      const found = parseImportanceScores(await readFile(this.path, 'utf8'));
      if (found.lineage !== lineage) return undefined;
      if (found.strategy === strategy) return found.importance;
      const { version, norms } = found.importance;
      return norms && { version, norms };
    } catch {
      return undefined;
    }
  }

  /** Writes the scores in the background; a failure is reported as a problem once, and tried again. */
  save(subject: ScoreSubject, importance: ImportanceScores): void {
    void this.latest?.save(() => formatImportanceScores({ ...subject, importance }));
  }

  /** Ends the attempts to write; resolves when nothing is being written. */
  async stop(): Promise<void> {
    await this.latest?.stop();
  }
}
