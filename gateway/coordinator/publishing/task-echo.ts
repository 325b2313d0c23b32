import { type Clock, FtteError, type Timer } from '../../platform';
import type { Session } from '../../session';

/** Options of a task echo. */
export interface TaskEchoOptions {
  readonly session: Pick<Session, 'receivedMs' | 'topicOf'>;
  readonly clock: Clock;
  /** Called when the broker has dropped the task, and when it has it after all (undefined). */
  readonly onDropped: (problem: FtteError | undefined) => void;
}

/** Time in which the broker's copy of the task comes back, in ms. */
const graceMs = 3_000;

/**
 * Watches whether the retained task comes back. A broker of MQTT 3.1.1 confirms a message that is larger than its limit
 * and drops it, and no gateway could say so, because none would know the task.
 */
export class TaskEcho {
  private timer: Timer | undefined;
  private isDropped = false;

  constructor(private readonly options: TaskEchoOptions) {}

  /** The broker has confirmed the task. @param sentMs the time at which it was given to the session */
  confirmed(bytes: number, sentMs: number): void {
    const { clock } = this.options;
    this.timer?.cancel();
    this.timer = clock.after(graceMs, () => this.judge(bytes, sentMs));
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private judge(bytes: number, sentMs: number): void {
    this.timer = undefined;
    const { session, onDropped } = this.options;
    const isEchoed = (type: 'task' | 'head' | 'claim') => (session.receivedMs(type) ?? 0) >= sentMs;
    if (isEchoed('task')) {
      if (this.isDropped) onDropped(undefined);
      this.isDropped = false;
      return;
    }
    // If nothing small comes back either, the broker does not drop by size.
    if (this.isDropped || !(isEchoed('head') || isEchoed('claim'))) return;
    this.isDropped = true;
    const topic = session.topicOf('task');
    onDropped(
      new FtteError(
        'broker',
        `the broker confirmed the retained task of ${bytes} bytes on ${topic} and dropped it, so no gateway can learn: raise its limit for messages (message_size_limit in Mosquitto), or shorten the task`,
        { kind: 'too-large' },
      ),
    );
  }
}
