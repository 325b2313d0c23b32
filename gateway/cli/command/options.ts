import { parseByteSize } from '../../platform';

/** Wrong arguments: `main` adds how to get help. */
export class UsageError extends Error {}

/** The options of a command line, read by their names. Errors name the option, what was expected, and what came. */
export class Options {
  constructor(private readonly values: Readonly<Record<string, string | boolean | undefined>>) {}

  /** True if the option was given. */
  flag(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /**
   * A text that has to be given.
   * @param expected what it has to be: `a folder`
   * @throws UsageError
   */
  required(name: string, expected: string): string {
    return this.text(name) ?? fail(name, expected, undefined);
  }

  /** A whole number from 0; undefined if the option was not given. @throws UsageError */
  wholeNumber(name: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text !== '' && Number.isInteger(value) && value >= 0 && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? 'of 0 or more' : `from 0 to ${most}`;
    return fail(name, `a whole number ${range}`, text);
  }

  /** One of some words; undefined if the option was not given. @throws UsageError */
  choice<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    return words.find((word) => word === text) ?? fail(name, `one of ${words.join(', ')}`, text);
  }

  /** A number above 0; undefined if the option was not given. @throws UsageError */
  positiveNumber(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    return value > 0 && Number.isFinite(value) ? value : fail(name, 'a number above 0', text);
  }

  /** Texts between commas; undefined if the option was not given. */
  list(name: string): readonly string[] | undefined {
    return this.text(name)
      ?.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }

  /** Bytes of a size that has to be given. @throws UsageError */
  byteSize(name: string): number {
    const expected = 'a size like 192k, 0.5M or 200000 (bytes)';
    const text = this.required(name, expected);
    return parseByteSize(text) ?? fail(name, expected, text);
  }
}

/** @throws UsageError that names an option */
export function fail(name: string, expected: string, got: string | undefined): never {
  const came = got === undefined ? 'nothing' : JSON.stringify(got);
  throw new UsageError(`--${name}: expected ${expected}, got ${came}`);
}
