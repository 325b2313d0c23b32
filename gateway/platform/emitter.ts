import { EventEmitter } from 'node:events';

/** The type of the payload for the name of each event. */
export type EventMap = Record<string, unknown>;

/**
 * An emitter with typed events, each with one payload. An error that a listener throws does not reach the code that
 * emits; it goes to `onListenerError`, because a broken flow must not stop a federation.
 */
export class TypedEmitter<Events extends EventMap> {
  private readonly emitter = new EventEmitter();
  onListenerError: (error: unknown, event: string) => void = () => undefined;

  constructor() {
    this.emitter.setMaxListeners(0);
  }

  /** Adds a listener. The returned function removes it. */
  on<Name extends keyof Events & string>(name: Name, listener: (payload: Events[Name]) => void): () => void {
    const guarded = (payload: Events[Name]) => {
      try {
        listener(payload);
      } catch (error) {
        this.onListenerError(error, name);
      }
    };
    this.emitter.on(`:${name}`, guarded);
    return () => this.emitter.off(`:${name}`, guarded);
  }

  /** Resolves with the next payload of `name`. */
  next<Name extends keyof Events & string>(name: Name): Promise<Events[Name]> {
    return new Promise((resolve) => {
      const off = this.on(name, (payload) => {
        off();
        resolve(payload);
      });
    });
  }

  /** Whether there is a listener. The payload of an event without listeners need not be computed. */
  protected hasListener(name: keyof Events & string): boolean {
    return this.emitter.listenerCount(`:${name}`) > 0;
  }

  protected emit<Name extends keyof Events & string>(name: Name, payload: Events[Name]): void {
    this.emitter.emit(`:${name}`, payload);
  }
}
