import { z } from 'zod';
import { describeNumber, describeValue } from '../../../gateway/platform';

/** Fields of a node's config as the editor stores them: numbers and ticks may have come as text. */
export const field = {
  number({ min = -Infinity, max = Infinity, whole = false, fallback }: NumberField = {}) {
    const range = describeNumber({ min, max, whole });
    return z.preprocess(
      (value) => (isBlank(value) ? fallback : toNumber(value)),
      z
        .number({ error: (issue) => mistake(range, issue.input) })
        .refine((value) => value >= min && value <= max && (!whole || Number.isInteger(value)), {
          error: (issue) => mistake(range, issue.input),
        }),
    );
  },

  /**
   * Text without blanks around it; an empty one becomes `fallback`, or is an error without one.
   * @param what the expected text, in errors
   */
  text(fallback?: string, what = 'a text') {
    return z.preprocess(
      (value) => {
        const text = typeof value === 'number' ? String(value) : value;
        const trimmed = typeof text === 'string' ? text.trim() : text;
        return isBlank(trimmed) ? fallback : trimmed;
      },
      z
        .string({ error: (issue) => mistake(what, issue.input) })
        .refine((value) => !unresolved.test(value), { error: (issue) => mistake(what, issue.input) }),
    );
  },

  /** A tick box, or one of the words that environments use for it. */
  flag(fallback: boolean) {
    return z.preprocess(
      (value) => {
        if (isBlank(value)) return fallback;
        if (typeof value !== 'string') return value;
        const text = value.trim().toLowerCase();
        if (['true', '1', 'yes', 'on'].includes(text)) return true;
        return ['false', '0', 'no', 'off'].includes(text) ? false : value;
      },
      z.boolean({ error: (issue) => mistake('true or false', issue.input) }),
    );
  },

  choice<const Values extends readonly [string, ...string[]]>(values: Values, fallback: Values[number]) {
    return z.preprocess(
      (value) => (isBlank(value) ? fallback : value),
      z.enum(values, { error: (issue) => mistake(`one of ${values.join(', ')}`, issue.input) }),
    );
  },
};

export interface NumberField {
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
  /** Value of an empty field; without it the field is required. */
  readonly fallback?: number;
}

/** Left in a config if the environment does not define the variable. */
const unresolved = /^\$\{([^}]+)\}$/;

const isBlank = (value: unknown) => value === undefined || value === null || value === '';

function toNumber(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : value;
}

function mistake(expected: string, got: unknown): string {
  if (isBlank(got)) return `expected ${expected}, got an empty field`;
  const name = typeof got === 'string' ? unresolved.exec(got)?.[1] : undefined;
  if (name !== undefined)
    return `expected ${expected}, got \${${name}}, which the environment does not define: set it and restart Node-RED, or enter a value`;
  return `expected ${expected}, got ${describeValue(got)}`;
}
