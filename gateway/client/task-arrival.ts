import type { ModelFollower } from '../participant';
import { type Clock, FtteError, type Log, type Timer } from '../platform';
import type { Connection } from './connection';

/** Time after which a join reports what it waits for, ms. */
const patienceMs = 5_000;

/** The events that can end the wait, and the log for its report. */
export interface ArrivalOptions {
  readonly signal: AbortSignal | undefined;
  readonly closed: Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Resolves when the follower has a task, or one waits for a person. If that takes long although the broker is connected,
 * the log says once that no coordinator answers.
 * @throws FtteError `cancelled` if the signal or the close comes first
 */
export async function taskArrival(
  follower: ModelFollower,
  connection: Connection,
  { signal, closed, clock, log }: ArrivalOptions,
): Promise<void> {
  const { federation } = connection.session;
  let patience: Timer;
  const report = () => {
    // If the broker cannot be reached, the transport reports it.
    if (connection.transport.state !== 'online') wait();
    else if (follower.refusal) return;
    else
      log.warn(
        `waiting for the task of federation "${federation}": the broker is connected, but no coordinator answers`,
        'no-coordinator',
      );
  };
  const wait = () => {
    patience = clock.after(patienceMs, report);
  };
  wait();
  const ends: (() => void)[] = [() => patience.cancel()];
  try {
    await new Promise<void>((resolve, reject) => {
      const cancel = (why: string) => reject(new FtteError('cancelled', why));
      const onAbort = () => cancel('the join was aborted');
      ends.push(follower.on('task', () => resolve()));
      ends.push(follower.on('refusal', (refusal) => refusal?.kind === 'waiting' && resolve()));
      signal?.addEventListener('abort', onAbort, { once: true });
      ends.push(() => signal?.removeEventListener('abort', onAbort));
      void closed.then(() => cancel('the member was closed before a task arrived'));
      if (follower.task || follower.refusal?.kind === 'waiting') resolve();
      else if (signal?.aborted) onAbort();
    });
  } finally {
    for (const end of ends) end();
  }
}
