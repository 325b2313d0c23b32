/** The checks, in the order in which they run and are shown. */
export const checks = [
  'versions',
  'memory',
  'disk',
  'clock',
  'address',
  'network',
  'TLS',
  'login',
  'gateway rights',
  'coordinator rights',
  'retained messages',
  'largest message',
  'coordinator',
  'gateways',
  'hosted broker',
] as const;

export type Check = (typeof checks)[number];

/** `warning`: it works, or could not be checked. `failed`: a federation cannot work like this. */
export type FindingLevel = 'ok' | 'warning' | 'failed';

/** The result of a check. */
export interface Finding {
  readonly check: Check;
  readonly level: FindingLevel;
  /** The result in words, without passwords. */
  readonly found: string;
  /** The action that helps; absent if there is nothing to do. */
  readonly advice?: string;
}

export const ok = (check: Check, found: string): Finding => ({ check, level: 'ok', found });

export const warning = (check: Check, found: string, advice: string): Finding => ({
  check,
  level: 'warning',
  found,
  advice,
});

export const failed = (check: Check, found: string, advice: string): Finding => ({
  check,
  level: 'failed',
  found,
  advice,
});
