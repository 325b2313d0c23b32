import type { Trainer } from '../../engine';
import { type Detection, detectionAt, reconstructionErrors } from '../../metrics';
import type { Random } from '../../platform';
import { checkWindow } from '../../stream';
import { allowedFalseAlarms, type Task } from '../../task';

/**
 * Held-out windows that a person has called unusual, for a task that finds anomalies: what a threshold between their errors
 * and those of ordinary windows finds. They are in memory only, and nothing is trained on them.
 */
export class UnusualWindows {
  private readonly windows: Float32Array[] = [];
  private seen = 0;

  /** @param capacity most windows that are kept, a uniform choice among all that came */
  constructor(
    private readonly task: Task,
    private readonly capacity: number,
    private readonly random: Random,
  ) {}

  /** @throws FtteError `window-shape`, `window-not-finite` */
  add(window: Float32Array): void {
    checkWindow(window, this.task.input, this.task.input.length);
    this.seen++;
    if (this.windows.length < this.capacity) this.windows.push(window);
    else {
      const place = this.random.integer(this.seen);
      if (place < this.capacity) this.windows[place] = window;
    }
  }

  /**
   * The detection rate at the task's false-alarm rate.
   * @param trainer has the parameters of the version; @param ordinary held-out windows without the unusual ones
   * @returns undefined if there are no windows of both kinds
   */
  async detection(
    trainer: Pick<Trainer, 'predict'>,
    ordinary: readonly Float32Array[],
    batchSize: number,
  ): Promise<Detection | undefined> {
    if (this.windows.length === 0 || ordinary.length === 0) return undefined;
    const unusual = await errorsOf(trainer, [...this.windows], batchSize);
    return detectionAt(await errorsOf(trainer, ordinary, batchSize), unusual, allowedFalseAlarms(this.task));
  }
}

async function errorsOf(
  trainer: Pick<Trainer, 'predict'>,
  windows: readonly Float32Array[],
  batchSize: number,
): Promise<number[]> {
  const errors: number[] = [];
  const size = windows[0]?.length ?? 0;
  for (let from = 0; from < windows.length; from += batchSize) {
    const part = windows.slice(from, from + batchSize);
    const x = new Float32Array(part.length * size);
    part.forEach((window, i) => {
      x.set(window, i * size);
    });
    errors.push(...reconstructionErrors(x, await trainer.predict(x, part.length), part.length));
  }
  return errors;
}
