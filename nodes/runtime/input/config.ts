import { z } from 'zod';
import { FtteError, jsonExcerpt } from '../../../gateway/platform';

/** Left in a config when the environment does not have the variable. */
const unresolved = /^\$\{([^}]+)\}$/;

const isBlank = (value: unknown) => value === undefined || value === null || value === '';

/** Numbers arrive from the editor, and from the environment, as text. */
function toNumber(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : value;
}

export interface NumberField {
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
  /** Taken where the field was left empty; without it the field is required. */
  readonly fallback?: number;
}

/** Fields of a node's config as the editor stores them. */
export const field = {
  number({ min = -Infinity, max = Infinity, whole = false, fallback }: NumberField = {}) {
    const range = `a ${whole ? 'whole ' : ''}number${describeRange(min, max)}`;
    return z.preprocess(
      (value) => (isBlank(value) ? fallback : toNumber(value)),
      z
        .number({ error: (issue) => wanted(range, issue.input) })
        .refine((value) => value >= min && value <= max && (!whole || Number.isInteger(value)), {
          error: (issue) => wanted(range, issue.input),
        }),
    );
  },
  /** Text without blanks around it; empty becomes `fallback`, or is an error without one. @param what is wanted, in errors */
  text(fallback?: string, what = 'a text') {
    return z.preprocess(
      (value) => {
        const text = typeof value === 'number' ? String(value) : value;
        const trimmed = typeof text === 'string' ? text.trim() : text;
        return isBlank(trimmed) ? fallback : trimmed;
      },
      z
        .string({ error: (issue) => wanted(what, issue.input) })
        .refine((value) => !unresolved.test(value), { error: (issue) => wanted(what, issue.input) }),
    );
  },
  /** A tick box; the environment's words for it are taken too. */
  flag(fallback: boolean) {
    return z.preprocess(
      (value) => {
        if (isBlank(value)) return fallback;
        if (typeof value !== 'string') return value;
        const text = value.trim().toLowerCase();
        if (['true', '1', 'yes', 'on'].includes(text)) return true;
        return ['false', '0', 'no', 'off'].includes(text) ? false : value;
      },
      z.boolean({ error: (issue) => wanted('true or false', issue.input) }),
    );
  },
  choice<const Values extends readonly [string, ...string[]]>(values: Values, fallback: Values[number]) {
    return z.preprocess(
      (value) => (isBlank(value) ? fallback : value),
      z.enum(values, { error: (issue) => wanted(`one of ${values.join(', ')}`, issue.input) }),
    );
  },
};

function describeRange(min: number, max: number): string {
  if (min > -Infinity && max < Infinity) return ` from ${min} to ${max}`;
  if (min > -Infinity) return ` of at least ${min}`;
  return max < Infinity ? ` of at most ${max}` : '';
}

function wanted(what: string, got: unknown): string {
  if (isBlank(got)) return `is empty, wants ${what}`;
  const name = typeof got === 'string' ? unresolved.exec(got)?.[1] : undefined;
  if (name !== undefined)
    return `is \${${name}}, which the environment does not have: set it and start Node-RED again, or write ${what} in its place`;
  return `is ${jsonExcerpt(got)}, wants ${what}`;
}

/**
 * A node's config, checked once and typed from here on. Fields that the schema does not name are left out.
 * @throws FtteError `config-invalid` naming the first wrong field, what it holds and what it wants
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  config: object,
): z.infer<z.ZodObject<Shape>> {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = issue?.path.join('.') ?? '';
  throw new FtteError(
    'config-invalid',
    `${name || 'config'} ${issue?.message ?? 'is wrong'}`,
    { field: name },
    { cause: result.error },
  );
}
