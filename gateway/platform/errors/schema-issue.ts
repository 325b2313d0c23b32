import type { z } from 'zod';
import { describeValue } from './describe-value';

/** The first mistake in a value that a schema refuses. */
export interface SchemaIssue {
  /** Path of the field, joined by dots; empty for the value itself. */
  readonly field: string;
  /** For a person: `expected a whole number from 1 to 5, got the text "abc"`. */
  readonly text: string;
  readonly cause: z.ZodError;
}

/** Checks a value from outside. The words of the schema library reach nobody: mistakes say what was expected and what came. */
export function checkSchema<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
):
  | { readonly data: z.infer<Schema>; readonly issue?: undefined }
  | { readonly data?: undefined; readonly issue: SchemaIssue } {
  const result = schema.safeParse(value, { error: (issue) => expectation(issue) });
  if (result.success) return { data: result.data };
  const issue = furthest(result.error.issues[0]!);
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
  const came = valueAt(value, path);
  const other = came === undefined ? misspelt(result.error.issues, path) : '';
  return {
    issue: {
      field: path.join('.'),
      text: withValue(issue.message, came) + other,
      cause: result.error,
    },
  };
}

/** The expected number, as a text that begins with a noun: `a whole number from 1 to 5`. */
export function describeNumber({
  min = -Infinity,
  max = Infinity,
  above,
  below,
  whole,
}: NumberRange): string {
  const what = `a ${whole ? 'whole ' : ''}number`;
  const low = above !== undefined && above >= min ? `above ${above}` : undefined;
  const high = below !== undefined && below <= max ? `below ${below}` : undefined;
  if (!low && !high && min > -Infinity && max < Infinity) return `${what} from ${min} to ${max}`;
  const parts = [
    low ?? (min > -Infinity ? `of at least ${min}` : undefined),
    high ?? (max < Infinity ? `of at most ${max}` : undefined),
  ];
  return [what, parts.filter((part) => part !== undefined).join(' and ')].filter(Boolean).join(' ');
}

/** The numbers that a field may have; `above` and `below` are not part of the range. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
  readonly whole?: boolean;
}

type RawIssue = z.core.$ZodRawIssue;

/** The expected value, in the words of this project. */
function expectation(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${kinds[issue.expected] ?? rangeOf(issue.inst) ?? `a ${issue.expected}`}`;
    case 'too_small':
      return `expected ${sizeOf(issue.origin, issue.exact, 'at least', issue.minimum, issue.inclusive)}`;
    case 'too_big':
      return `expected ${sizeOf(issue.origin, issue.exact, 'at most', issue.maximum, issue.inclusive)}`;
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return `expected ${oneOf(issue.values)}`;
    case 'invalid_format':
      return `expected a text like ${String(issue['pattern'] ?? issue.format)}`;
    case 'unrecognized_keys':
      return `there is no field of this name${namesOf(issue.inst)}`;
    case 'invalid_union':
      return `expected ${alternatives(issue)}`;
    default:
      return 'expected another value';
  }
}

/** The names that an object of the schema has. */
function namesOf(inst: unknown): string {
  const def = (inst as Partial<z.core.$ZodObject> | undefined)?._zod?.def;
  return def?.type === 'object' ? `, expected one of ${Object.keys(def.shape).join(', ')}` : '';
}

/** Names an unknown field beside one that is missing: they are probably the same. */
function misspelt(issues: readonly z.core.$ZodIssue[], path: readonly PropertyKey[]): string {
  const parent = path.slice(0, -1).join('.');
  const unknown = issues
    .filter((issue) => issue.code === 'unrecognized_keys')
    .find((issue) => path.length > 0 && issue.path.join('.') === parent);
  return unknown ? `; there is no field ${unknown.keys[0]}` : '';
}

/** Names of the kinds of values, except numbers. */
const kinds: Readonly<Record<string, string>> = {
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

interface NumberCheck {
  readonly check: string;
  readonly value: unknown;
  readonly inclusive: boolean;
}

/** The range of a number whose value is none; undefined for other schemas. */
function rangeOf(inst: unknown): string | undefined {
  const def = (inst as Partial<z.core.$ZodType> | undefined)?._zod?.def;
  if (def?.type !== 'number') return undefined;
  let range: NumberRange = {};
  for (const { _zod } of def.checks ?? []) {
    const { check, value, inclusive } = _zod.def as unknown as NumberCheck;
    if (check === 'number_format') range = { ...range, whole: true };
    if (typeof value !== 'number') continue;
    if (check === 'greater_than') range = { ...range, [inclusive ? 'min' : 'above']: value };
    if (check === 'less_than') range = { ...range, [inclusive ? 'max' : 'below']: value };
  }
  return describeNumber(range);
}

function sizeOf(origin: string, exact: boolean | undefined, side: string, limit: unknown, inclusive = true) {
  const bound = exact ? `exactly ${limit}` : `${side} ${limit}`;
  if (origin === 'string')
    return limit === 1 && side === 'at least' ? 'a text' : `a text of ${bound} characters`;
  if (origin === 'array' || origin === 'set') return `a list of ${bound}`;
  if (inclusive) return `a number of ${bound}`;
  return `a number ${side === 'at least' ? 'above' : 'below'} ${limit}`;
}

function oneOf(values: readonly unknown[]): string {
  const names = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return names.length === 1 ? `${names[0]}` : `one of ${names.join(', ')}`;
}

/** The forms that a field may have: the values of the field that distinguishes them, or what each expects. */
function alternatives(issue: Pick<z.core.$ZodIssueInvalidUnion, 'errors'>): string {
  const { options } = issue as { options?: unknown };
  if (Array.isArray(options) && options.length > 0) return oneOf(options);
  const expected = issue.errors.map(([first]) => first?.message.replace(/^expected /, ''));
  const distinct = [...new Set(expected.filter((text) => text !== undefined))];
  return distinct.length > 0 ? distinct.join(' or ') : 'another form';
}

/**
 * Of several forms that a field may have, the issue of the form that was meant: one whose fields were all known, and of
 * those the one that fitted furthest.
 */
function furthest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const meant = issue.errors.filter((issues) => issues.every(({ code }) => code !== 'unrecognized_keys'));
  // The schema's own words for all forms say more than a mistake in one of them.
  if (meant.length === 0 && issue.message !== `expected ${alternatives(issue)}`) return issue;
  const nested = (meant.length > 0 ? meant : issue.errors).flatMap(([first]) => {
    if (!first) return [];
    const inner = furthest(first);
    return [{ ...inner, path: [...issue.path, ...inner.path] }];
  });
  return nested.reduce((far, each) => (each.path.length > far.path.length ? each : far), issue);
}

/** The text with what came, unless it says so already or what came does not matter. */
function withValue(text: string, value: unknown): string {
  if (!text.startsWith('expected ') || / got /.test(text)) return text;
  return `${text}, got ${typeof value === 'string' ? `the text ${describeValue(value)}` : describeValue(value)}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
