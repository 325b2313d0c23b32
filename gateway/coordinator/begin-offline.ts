import type { Clock } from '../platform';

export interface BeginOfflineOptions {
  readonly clock: Clock;
  /** How long to wait for the connection. */
  readonly waitMs: number;
  /** Resolves once connected. */
  readonly connected: Promise<unknown>;
  /** All that is to be done, the connecting included. */
  readonly begun: Promise<void>;
  /** It failed when nobody waited for it any more. */
  readonly onLateFailure: (error: unknown) => void;
}

/**
 * Waits until it has begun; where there is no connection after `waitMs`, it goes on by itself and is not waited for.
 * Rejects as `begun` does while it is waited for.
 */
export async function beginEvenOffline(options: BeginOfflineOptions): Promise<void> {
  const { clock, waitMs, connected, begun, onLateFailure } = options;
  let isConnected = false;
  let background = false;
  const offline = new Promise<void>((resolve) => {
    const timer = clock.after(
      waitMs,
      () => {
        if (isConnected) return;
        background = true;
        resolve();
      },
      { holdsProcess: true },
    );
    const settled = () => timer.cancel();
    begun.then(settled, settled);
  });
  connected.then(
    () => {
      isConnected = true;
    },
    () => undefined, // `begun` fails with it
  );
  begun.catch((error) => {
    if (background) onLateFailure(error);
  });
  await Promise.race([begun, offline]);
}
