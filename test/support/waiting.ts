/**
 * Sleeps for a moment, in a loop that waits for a thread, a disk, a broker or another process. A loop that turns without
 * sleep takes a whole core from what it waits for, and from the tests beside.
 */
export function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Waits until something is so, with pauses, and does something meanwhile. @throws if it is not within two minutes */
export async function until(
  condition: () => boolean,
  what: string,
  meanwhile: () => void = () => undefined,
): Promise<void> {
  for (const deadline = performance.now() + 120_000; !condition(); ) {
    if (performance.now() > deadline) throw new Error(`this did not happen in time: ${what}`);
    meanwhile();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
