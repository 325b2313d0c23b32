import type { ParseArgsConfig } from 'node:util';

/** Where a command writes; a terminal's face, or a test's. */
export interface Output {
  write(text: string): void;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a command has of the world. */
export interface CommandContext {
  /** Results. */
  readonly out: Output;
  /** Progress and problems. */
  readonly err: Output;
  /** Aborted when the user wants to stop: what is finished is kept. */
  readonly signal: AbortSignal;
}

export type ParsedOptions = Readonly<Record<string, string | boolean | undefined>>;

/** One word after `ftte`. The table of commands is all that knows them. */
export interface Command {
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** Positional arguments, as the usage line shows them. */
  readonly positionals: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** One line an option, by name; where it takes a value, after the value's place: `DIR: Keep it there.` */
  readonly optionHelp: Readonly<Record<string, string>>;
  /** What else a person should know, under the options. */
  readonly details: string;
  /**
   * @returns the exit code
   * @throws UsageError for wrong arguments, FtteError for what a person can mend
   */
  run(positionals: readonly string[], options: ParsedOptions, context: CommandContext): Promise<number>;
}

/** Wrong arguments: the message is followed by how to get help. */
export class UsageError extends Error {}

export const exitCodes = {
  done: 0,
  /** It began, and failed. */
  failed: 1,
  /** Nothing was begun: arguments or files are wrong. */
  usage: 2,
  /** Stopped by the user; what was finished is kept. */
  interrupted: 130,
} as const;
