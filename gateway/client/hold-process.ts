/**
 * Keeps the process alive until the result is called. A role that waits for its broker has only timers, which hold no
 * process: without this it would end with code 0 and no word.
 */
export function holdProcess(): () => void {
  const longest = 2 ** 31 - 1;
  const hold = setInterval(() => undefined, longest);
  return () => clearInterval(hold);
}
