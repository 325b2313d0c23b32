import { EventEmitter } from 'node:events';

/** Maps each event's name to what its listeners receive. */
export type EventMap = Record<string, unknown>;

/**
 * An emitter with typed events, one payload each. A listener that throws does not reach the emitting code:
 * the error goes to `onListenerError`, because a broken flow must not stop a federation.
 */
export class TypedEmitter<Events extends EventMap> {
  private readonly emitter = new EventEmitter();
  onListenerError: (error: unknown, event: string) => void = () => undefined;

  constructor() {
    this.emitter.setMaxListeners(0);
  }

  /** Adds a listener; the result removes it. */
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

  /** Whether anybody listens: what costs something to make need not be made for nobody. */
  protected heard(name: keyof Events & string): boolean {
    return this.emitter.listenerCount(`:${name}`) > 0;
  }

  protected emit<Name extends keyof Events & string>(name: Name, payload: Events[Name]): void {
    this.emitter.emit(`:${name}`, payload);
  }

  protected removeListeners(): void {
    this.emitter.removeAllListeners();
  }
}
