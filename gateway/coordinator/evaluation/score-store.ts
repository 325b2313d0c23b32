import type { SelectionGuide } from '../../model';
import { SerialQueue } from '../../platform';
import type { ModelRecord } from '../state/coordinator-state';
import { GuideFile, type GuideSubject } from './score-file';

/** The guide that a model's folder holds: what was measured before a restart, and what is measured now. */
export class GuideKeeper {
  /** Measured before this start; undefined where nothing was, or not for this lineage. */
  recalled: SelectionGuide | undefined;
  private readonly file: GuideFile;
  private readonly queue = new SerialQueue();

  constructor(
    folder: string | undefined,
    private readonly onProblem: (error: unknown) => void,
  ) {
    this.file = new GuideFile(folder);
  }

  async recall(record: ModelRecord): Promise<void> {
    this.recalled = await this.file.read(subjectOf(record));
  }

  /** Has it written, after those before it. */
  keep(record: ModelRecord, guide: SelectionGuide): void {
    const subject = subjectOf(record);
    this.queue.run(() => this.file.write(subject, guide).catch(this.onProblem));
  }

  /** Resolves when everything given to `keep` is written, or was told to have failed. */
  idle(): Promise<void> {
    return this.queue.idle();
  }
}

const subjectOf = ({ lineage, task }: ModelRecord): GuideSubject => ({
  lineage,
  strategy: task.selection.strategy,
});
