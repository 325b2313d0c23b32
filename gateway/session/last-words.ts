import type { Clock, Timer } from '../platform';
import type { BodyOf, RoleMessageType } from '../wire';

/** A message that waits. */
interface LastWord {
  readonly body: BodyOf<RoleMessageType>;
  readonly timer: Timer;
  /** Its time has come. */
  due: boolean;
}

/** Options of `LastWords`. */
export interface LastWordsOptions {
  readonly clock: Clock;
  readonly isOnline: () => boolean;
  /** Never rejects. */
  readonly send: (body: BodyOf<RoleMessageType>) => Promise<void>;
}

/**
 * The last messages of roles that have stopped while their session stays. Each waits for a while, because the role may
 * start again at once: a message of the same type then takes its place.
 */
export class LastWords {
  private readonly waiting = new Map<RoleMessageType, LastWord>();

  constructor(private readonly options: LastWordsOptions) {}

  add(body: BodyOf<RoleMessageType>, afterMs: number): void {
    this.cancel(body.type);
    const timer = this.options.clock.after(afterMs, () => {
      word.due = true;
      if (this.options.isOnline()) void this.sayDue();
    });
    const word: LastWord = { body, timer, due: false };
    this.waiting.set(body.type, word);
  }

  /** Another message of this type is sent instead. */
  cancel(type: RoleMessageType): void {
    this.waiting.get(type)?.timer.cancel();
    this.waiting.delete(type);
  }

  /** Sends those whose time has come, which a new connection makes possible. */
  sayDue(): Promise<unknown> {
    return this.say(({ due }) => due);
  }

  /** Sends all of them now. */
  sayAll(): Promise<unknown> {
    return this.say(() => true);
  }

  /** Sends none of them any more. */
  clear(): void {
    for (const type of [...this.waiting.keys()]) this.cancel(type);
  }

  private say(which: (word: LastWord) => boolean): Promise<unknown> {
    const words = [...this.waiting.values()].filter(which);
    for (const { body } of words) this.cancel(body.type);
    return Promise.all(words.map(({ body }) => this.options.send(body)));
  }
}
