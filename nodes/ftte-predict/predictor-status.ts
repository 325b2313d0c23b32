import type { ModelFollower } from '../../gateway/participant';
import { type Clock, WaitingRecord } from '../../gateway/platform';
import { type ConnectionWatch, faultLook, type Look, refusalLook, waitingLook } from '../runtime';

/** Time without a window after which windows are missed. */
const patienceMs = 30_000;
/** For slow streams: number of windows that may be missing in a row. */
const windowsMissed = 3;

/** The status line of a predictor: the last answer while windows come, and in yellow what it waits for. */
export class PredictorStatusLine {
  private readonly waiting: WaitingRecord<string>;
  private last: Look | undefined;
  private lastMs: number;

  constructor(
    private readonly follower: Pick<ModelFollower, 'task' | 'version' | 'refusal'>,
    private readonly clock: Clock,
  ) {
    this.waiting = new WaitingRecord(clock);
    this.lastMs = clock.now();
  }

  /** Takes the look of an answer. */
  answered(look: Look): void {
    this.last = look;
    this.lastMs = this.clock.now();
  }

  look({ online, fault }: Pick<ConnectionWatch, 'online' | 'fault'>): Look {
    const now = this.clock.now();
    const { version, refusal } = this.follower;
    if (fault && version < 0) return faultLook(fault);
    if (refusal && version < 0) return refusalLook(refusal);
    const waiting = this.waiting.update(...this.need(online, now));
    if (waiting) return waitingLook(waiting, now);
    return this.last ?? { fill: 'green', shape: 'ring', key: 'ready', words: { version } };
  }

  private need(online: boolean, now: number): [string?, number?] {
    const { task, version } = this.follower;
    if (version < 0) {
      this.lastMs = now;
      return [online ? (task ? 'model' : 'task') : 'broker'];
    }
    const { hop = 1, length = 1, rateHz = 1 } = task?.input ?? {};
    const limitMs = Math.max(patienceMs, (windowsMissed * Math.max(hop, length) * 1000) / rateHz);
    return now - this.lastMs < limitMs ? [] : ['windows', this.lastMs];
  }
}
