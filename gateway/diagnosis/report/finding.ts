import { type AdviceCode, adviceWords } from './advice-words';
import { type FoundCode, type FoundValues, filled, foundWords } from './found-words';

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

/** The result in words: as a code for other languages and in English. Neither has a password in it. */
export interface Found {
  readonly code: FoundCode;
  /** The values of the places in the text of the code. Numbers are amounts. */
  readonly values: Readonly<Record<string, string | number>>;
  readonly found: string;
}

/** The result of a check. */
export interface Finding extends Found {
  readonly check: Check;
  readonly level: FindingLevel;
  /** The action that helps, in English; absent if there is nothing to do. */
  readonly advice?: string;
  readonly adviceCode?: AdviceCode;
}

/** @param exact English words that say more than those of the code, such as an error of the system */
export function found<Code extends FoundCode>(code: Code, values: FoundValues<Code>, exact?: string): Found {
  return { code, values, found: exact ?? filled(foundWords[code], values) };
}

export const ok = (check: Check, result: Found): Finding => ({ check, level: 'ok', ...result });

export const warning = (check: Check, result: Found, advice: AdviceCode): Finding =>
  withAdvice(check, 'warning', result, advice);

export const failed = (check: Check, result: Found, advice: AdviceCode): Finding =>
  withAdvice(check, 'failed', result, advice);

const withAdvice = (check: Check, level: FindingLevel, result: Found, adviceCode: AdviceCode): Finding => ({
  ...{ check, level, ...result },
  ...{ advice: adviceWords[adviceCode], adviceCode },
});
