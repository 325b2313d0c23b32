/** A duration as a text for people: `400 ms`, `12 s`, `3 h`. */
export function duration(ms: number): string {
  for (const [unit, size] of units) if (ms >= 10 * size) return `${Math.round(ms / size)} ${unit}`;
  return `${Math.round(ms * 100) / 100} ms`;
}

const units: readonly [string, number][] = [
  ['days', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];
