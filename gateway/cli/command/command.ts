import type { ParseArgsConfig } from 'node:util';
import type { Options } from './options';

/** A command of `ftte`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Its one positional argument. */
  readonly positional: {
    /** As the usage line shows it. */
    readonly name: string;
    /** As an error names it: `one scenario`. */
    readonly expected: string;
    /** The command works without it, too. */
    readonly isOptional?: true;
  };
  /** A second positional argument, which has to be given. */
  readonly second?: { readonly name: string; readonly expected: string };
  /** Options that have to be given, as the usage line shows them: `--budget SIZE`. */
  readonly needed?: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** One line per option, by name; if it takes a value, the value's placeholder comes first: `DIR: Keep it there.` */
  readonly optionHelp: Readonly<Record<string, string>>;
  /** Further help, shown below the options. */
  readonly details: string;
  /**
   * @param path the positional argument; empty if it is optional and was not given
   * @param second the second one, of a command that has two
   * @returns the exit code
   * @throws UsageError for wrong arguments, FtteError for problems that a person can solve
   */
  run(path: string, options: Options, context: CommandContext, second: string): Promise<number>;
}

/** An output that a command writes to: a terminal, a file, or a test's buffer. */
export interface Output {
  write(text: string): void;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Outputs of a command, and the signal that stops it. */
export interface CommandContext {
  /** Results. */
  readonly out: Output;
  /** Progress and problems. */
  readonly err: Output;
  /** Aborted when the user stops the command, which then keeps its finished results. */
  readonly signal: AbortSignal;
  /** Standard input, for commands that read it. */
  readonly input?: AsyncIterable<Uint8Array | string>;
}

/** Exit codes of all commands. */
export const exitCodes = {
  done: 0,
  /** The command began, and failed. */
  failed: 1,
  /** Arguments or files are wrong, and the command did not begin. */
  usage: 2,
  /** Stopped by the user; finished results are kept. */
  interrupted: 130,
} as const;
