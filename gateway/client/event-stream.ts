/** Most payloads that wait for a slow reader. The oldest is dropped. */
const mostWaiting = 1_000;

/**
 * The payloads of a listener as an async iterable, from this call on. It ends when `ended` resolves, and removes the
 * listener when the reader leaves the loop. A reader that is more than 1 000 payloads behind misses the oldest.
 */
export function eventStream<T>(
  listen: (listener: (payload: T) => void) => () => void,
  ended: Promise<unknown>,
): AsyncIterableIterator<T> {
  const waiting: T[] = [];
  let isOver = false;
  let wake: () => void = () => undefined;
  const off = listen((payload) => {
    waiting.push(payload);
    if (waiting.length > mostWaiting) waiting.shift();
    wake();
  });
  const end = () => {
    isOver = true;
    off();
    wake();
  };
  void ended.then(end, end);
  return {
    async next() {
      while (waiting.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return waiting.length > 0 ? { value: waiting.shift()!, done: false } : { value: undefined, done: true };
    },
    async return() {
      waiting.length = 0;
      end();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
