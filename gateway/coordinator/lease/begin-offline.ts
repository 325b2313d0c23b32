import type { Clock } from '../../platform';

/** Options of `beginEvenOffline`. */
export interface BeginOfflineOptions {
  readonly clock: Clock;
  /** Longest wait for the connection, ms. */
  readonly waitMs: number;
  /** Resolves when the connection is there. */
  readonly connected: Promise<unknown>;
  /** The whole start, the connection included. */
  readonly begun: Promise<void>;
  /** Called if the start failed after nobody waited for it any more. */
  readonly onLateFailure: (error: unknown) => void;
}

/**
 * Waits for a start. If there is no connection after `waitMs`, the start continues in the background, and this resolves.
 * Rejects as `begun` does while it waits.
 */
export async function beginEvenOffline(options: BeginOfflineOptions): Promise<void> {
  const { clock, waitMs, connected, begun, onLateFailure } = options;
  let isConnected = false;
  let inBackground = false;
  const offline = new Promise<void>((resolve) => {
    const timer = clock.after(
      waitMs,
      () => {
        if (isConnected) return;
        inBackground = true;
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
    () => undefined, // `begun` rejects with it.
  );
  begun.catch((error) => {
    if (inBackground) onLateFailure(error);
  });
  await Promise.race([begun, offline]);
}
