import { runAsync, SerialQueue, type YieldToEventLoop } from '../../platform';
import type { CatchUps, GrantedStart } from './catch-ups';

/** A version that rounds start from: its parameters, and the average of recent versions, each `[size]`. */
export interface StartVersion {
  readonly version: number;
  readonly published: Float32Array;
  readonly average: Float32Array;
}

/** Gives the starts of granted rounds. The catch-up of a version is made for its first grant, in several turns. */
export class GrantStarts {
  private readonly queue = new SerialQueue();
  private readonly waiting = new Map<number, (() => void)[]>();

  /** @param turn yields to the event loop between two steps; without it, a catch-up is made at once */
  constructor(
    private readonly catchUps: CatchUps,
    private readonly turn: YieldToEventLoop | undefined,
    private readonly onProblem: (error: unknown) => void,
  ) {}

  /** @param held id of the anchor that the gateway holds */
  give(from: StartVersion, held: string, take: (start: GrantedStart) => void): void {
    const { version } = from;
    const { catchUps, turn } = this;
    const waiting = this.waiting.get(version);
    if (waiting) {
      waiting.push(() => take(catchUps.to(version, from.published, held, from.average)));
      return;
    }
    if (!turn || catchUps.has(version)) {
      take(catchUps.to(version, from.published, held, from.average));
      return;
    }
    // The next version may be made in a pause.
    const [published, average] = [from.published.slice(), from.average.slice()];
    const all = [() => take(catchUps.to(version, published, held, average))];
    this.waiting.set(version, all);
    this.queue
      .run(async () => {
        try {
          await runAsync(catchUps.make(version, published, average), turn);
        } finally {
          this.waiting.delete(version);
        }
        for (const one of all) one();
      })
      .catch(this.onProblem);
  }
}
