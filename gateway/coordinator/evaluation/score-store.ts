import type { ImportanceScores } from '../../model';
import { SerialQueue } from '../../platform';
import type { CoordinatorState } from '../state/coordinator-state';
import { ScoreFile, type ScoreSubject } from './score-file';

/** The importance scores that a model's folder holds: what was measured before a restart, and what is measured now. */
export class ScoreStore {
  /** Measured before this start; undefined where nothing was, or not for this lineage. */
  recalled: ImportanceScores | undefined;
  private readonly file: ScoreFile;
  private readonly queue = new SerialQueue();

  constructor(
    folder: string | undefined,
    private readonly onProblem: (error: unknown) => void,
  ) {
    this.file = new ScoreFile(folder);
  }

  async recall(record: CoordinatorState): Promise<void> {
    this.recalled = await this.file.read(subjectOf(record));
  }

  /** Has it written, after those before it. */
  keep(record: CoordinatorState, importance: ImportanceScores): void {
    const subject = subjectOf(record);
    this.queue.run(() => this.file.write(subject, importance).catch(this.onProblem));
  }

  /** Resolves when everything given to `keep` is written, or was told to have failed. */
  idle(): Promise<void> {
    return this.queue.idle();
  }
}

const subjectOf = ({ lineage, task }: CoordinatorState): ScoreSubject => ({
  lineage,
  strategy: task.selection.strategy,
});
