import { setTimeout as wait } from 'node:timers/promises';

/** Resolves with true when `holds` returns true, and with false after `limitMs`. */
export async function until(holds: () => boolean, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > end) return false;
    await wait(20);
  }
  return true;
}
