/** A duration for people: `950 ms`, `12.3 s`, `4.2 min`, `7.5 h`, `3.1 d`. */
export function duration(ms: number): string {
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ];
  const [unit, size] = units.find(([, least]) => ms >= 2 * least) ?? ['ms', 1];
  return `${(ms / size).toFixed(unit === 'ms' ? 0 : 1)} ${unit}`;
}

/** A number of bytes for people: `512 B`, `8.6 kB`, `1.2 MB`. */
export function bytes(count: number): string {
  const units: [string, number][] = [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ];
  const [unit, size] = units.find(([, least]) => count >= least) ?? ['B', 1];
  return `${(count / size).toFixed(unit === 'B' ? 0 : 1)} ${unit}`;
}

/** A share, 0 to 1, for people: `87.5 %`; a dash if there is none. */
export function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(100 * share).toFixed(1)} %`;
}
