/**
 * Keeps the process alive until the returned function is called. A role that waits for its broker has only timers,
 * which do not keep a process alive: it would end with code 0 and without a message.
 */
export function holdProcess(): () => void {
  const longest = 2 ** 31 - 1;
  const hold = setInterval(() => undefined, longest);
  return () => clearInterval(hold);
}
