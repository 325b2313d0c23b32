import { extname, join } from 'node:path';
import type { MemoryReport } from '../../engine';
import { type Clock, JobWorker } from '../../platform';
import type { Selection } from '../strategies/select-plan';
import type { DenseRequest, PlanRequest, planJobs } from './plan-jobs';

export type { DenseRequest, PlanRequest } from './plan-jobs';

const lingerMs = 5000;

/**
 * Makes plans in a thread of its own. A plan is a search over exact memories and starts from the seeded parameters: up
 * to a tenth of a second on a PC for the largest presets, which no event loop has to spare. One for a whole process is
 * enough: the thread is there only while plans are made.
 */
export class PlanThread {
  private readonly thread: JobWorker<typeof planJobs>;

  constructor(clock: Clock) {
    const entry = join(__dirname, `plan-main${extname(__filename)}`);
    this.thread = new JobWorker({ entry, name: 'planning', linger: { clock, ms: lingerMs } });
  }

  /** As `selectPlan`. @throws FtteError also `engine-crashed`, and `cancelled` once closed */
  plan(request: PlanRequest): Promise<Selection> {
    return this.thread.run('plan', request);
  }

  /** As `denseMemory`. */
  dense(request: DenseRequest): Promise<MemoryReport> {
    return this.thread.run('dense', request);
  }

  /** Plans that are still asked for fail with FtteError `cancelled`. */
  close(): Promise<void> {
    return this.thread.close();
  }
}
