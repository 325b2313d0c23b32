import type { ModelFollower } from '../participant';
import { type Clock, FtteError, type Log } from '../platform';
import type { Connection } from './connection';

/** How long a join waits before it says what it waits for, ms. */
const patienceMs = 5_000;

/** What ends the wait, and where it is reported. */
export interface ArrivalOptions {
  readonly signal: AbortSignal | undefined;
  readonly closed: Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Resolves when the follower has a task. If that takes long the log says once what is missing: the coordinator, or the
 * connection and why.
 * @throws FtteError `cancelled` if the signal or the close comes first
 */
export async function taskArrival(
  follower: ModelFollower,
  connection: Connection,
  { signal, closed, clock, log }: ArrivalOptions,
): Promise<void> {
  const { federation } = connection.session;
  const patience = clock.after(patienceMs, () => {
    const { state, lastError } = connection.transport;
    log.warn(
      state === 'online'
        ? `waiting for the task of federation "${federation}": the broker is connected, but no coordinator is heard`
        : `waiting for the broker of federation "${federation}": ${lastError?.message ?? 'no connection yet'}`,
    );
  });
  const ends: (() => void)[] = [() => patience.cancel()];
  try {
    await new Promise<void>((resolve, reject) => {
      const cancel = (why: string) => reject(new FtteError('cancelled', why));
      const onAbort = () => cancel('the join was aborted');
      ends.push(follower.on('task', () => resolve()));
      signal?.addEventListener('abort', onAbort, { once: true });
      ends.push(() => signal?.removeEventListener('abort', onAbort));
      void closed.then(() => cancel('the member was closed before a task arrived'));
      if (follower.task) resolve();
      else if (signal?.aborted) onAbort();
    });
  } finally {
    for (const end of ends) end();
  }
}
