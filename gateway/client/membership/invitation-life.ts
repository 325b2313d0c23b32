import { describeValue, FtteError } from '../../platform';

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Ten years. */
const longestMs = 3_650 * 86_400_000;

/** The time from now to the end of an invitation, ms. @throws FtteError `config-invalid` naming `expires` */
export function lifeMs(expires: unknown, nowMs: number): number {
  const span = typeof expires === 'string' ? /^(\d{1,5})([mhd])$/.exec(expires.trim()) : undefined;
  const ms =
    expires instanceof Date
      ? expires.getTime() - nowMs
      : span
        ? Number(span[1]) * (unitsMs[span[2]!] ?? 0)
        : 0;
  if (ms >= 1_000 && ms <= longestMs) return ms;
  throw new FtteError(
    'config-invalid',
    `expires: expected a later time, or a span such as 30m, 48h or 7d, got ${describeValue(expires)}`,
    { field: 'expires' },
  );
}
