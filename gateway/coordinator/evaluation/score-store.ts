import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportanceScores } from '../../model';
import { SerialQueue, writeAtomically } from '../../platform';
import { formatImportanceScores, parseImportanceScores, type ScoreSubject } from './score-file';

/** Keeps the importance scores of a model across restarts, in a file beside its checkpoints. */
export class ScoreStore {
  private readonly path: string | undefined;
  private readonly queue = new SerialQueue();

  /** @param folder the model's; undefined: nothing outlives the process */
  constructor(
    folder: string | undefined,
    private readonly onProblem: (error: unknown) => void,
  ) {
    this.path = folder === undefined ? undefined : join(folder, 'importance.json');
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

  /** Writes the scores in the background, after those saved before; a failure is reported as a problem. */
  save(subject: ScoreSubject, importance: ImportanceScores): void {
    const { path } = this;
    if (path === undefined) return;
    const text = formatImportanceScores({ ...subject, importance });
    this.queue.run(() => writeAtomically(path, text).catch(this.onProblem));
  }

  /** Resolves when everything given to `save` is written or has failed. */
  idle(): Promise<void> {
    return this.queue.idle();
  }
}
