/**
 * Sleeps for a moment, in a loop that waits for a thread, a disk, a broker or another process. A loop that turns without
 * sleep takes a whole core from what it waits for, and from the tests beside.
 */
export function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
