import type { ModelFollower } from '../../gateway/participant';
import { type Clock, WaitingRecord } from '../../gateway/platform';
import { type ConnectionWatch, faultLook, type Look, refusalLook, waitingLook } from '../runtime';
import type { Progress } from './player';

/** The status line of a replay: how far it is, or what it waits for. */
export class ReplayStatusLine {
  private current: Look = { fill: 'grey', shape: 'ring', key: 'ready' };
  private isWaiting = false;
  private readonly waiting: WaitingRecord<string>;

  constructor(
    private readonly clock: Clock,
    /** Name of the file or folder, shown if no person is played. */
    private readonly name: string,
    private readonly follower: Pick<ModelFollower, 'task' | 'refusal'> | undefined,
    private readonly connection: Pick<ConnectionWatch, 'online' | 'fault'> | undefined,
  ) {
    this.waiting = new WaitingRecord(clock);
  }

  phase(phase: 'waiting' | 'opening' | 'stopped' | 'end' | 'failed'): void {
    this.isWaiting = phase === 'waiting';
    const fill = phase === 'failed' ? 'red' : 'grey';
    this.current = { fill, shape: phase === 'end' ? 'dot' : 'ring', key: phase };
  }

  progress({ share, readings, subject: person }: Progress): void {
    this.isWaiting = false;
    const subject = person || this.name;
    const playing = { fill: 'blue', shape: 'dot' } as const;
    if (share !== undefined) {
      const percent = Math.floor(100 * share);
      this.current = { ...playing, key: 'playing', words: { percent, subject } };
    } else {
      const key = subject === '' ? 'playing-readings' : 'playing-on';
      this.current = { ...playing, key, words: { readings, subject } };
    }
  }

  look(): Look {
    const { follower, connection } = this;
    if (!this.isWaiting || !follower || !connection) {
      this.waiting.update(undefined);
      return this.current;
    }
    if (connection.fault) return faultLook(connection.fault);
    if (follower.refusal && !follower.task) return refusalLook(follower.refusal);
    const need = connection.online ? (follower.task ? 'model' : 'task') : 'broker';
    return waitingLook(this.waiting.update(need) ?? { for: need, sinceMs: 0 }, this.clock.now());
  }
}
