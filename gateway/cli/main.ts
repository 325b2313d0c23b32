import { parseArgs } from 'node:util';
import { packageVersion } from '../diagnosis';
import { FtteError, messageOf } from '../platform';
import { type Command, type CommandContext, exitCodes } from './command/command';
import { commandHelp, generalHelp } from './command/help';
import { Options, UsageError } from './command/options';

/**
 * Runs one command line.
 * @param args without the program's own name
 * @returns the exit code: 0 done, 1 failed, 2 wrong arguments or files, 130 stopped by the user
 */
export async function main(
  args: readonly string[],
  commands: readonly Command[],
  context: CommandContext,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    context.out.write(generalHelp(commands));
    return name === undefined ? exitCodes.usage : exitCodes.done;
  }
  if (name === '--version' || name === '-v') {
    context.out.write(`${packageVersion()}\n`);
    return exitCodes.done;
  }
  const command = commands.find((one) => one.name === name);
  try {
    if (!command) throw new UsageError(`there is no command "${name}"`);
    const { options, positionals } = parse(command, rest);
    if (options.flag('help')) {
      context.out.write(commandHelp(command));
      return exitCodes.done;
    }
    const { positional, second } = command;
    const [path = positional.isOptional ? '' : undefined, data = second ? undefined : '', ...more] =
      positionals;
    if (path === undefined || data === undefined || more.length > 0 || (data && !second)) {
      const expected = [positional.expected, second?.expected].filter(Boolean).join(' and ');
      throw new UsageError(`expected ${expected}, got ${positionals.length} arguments`);
    }
    return await command.run(path, options, context, data);
  } catch (error) {
    context.err.write(`ftte: ${messageOf(error)}\n`);
    if (error instanceof UsageError) {
      context.err.write(`ftte${command ? ` ${command.name}` : ''} --help explains its use.\n`);
      return exitCodes.usage;
    }
    if (error instanceof FtteError) return wrongInput.has(error.code) ? exitCodes.usage : exitCodes.failed;
    if (error instanceof Error && error.stack) context.err.write(`${error.stack}\n`);
    return exitCodes.failed;
  }
}

/** Errors of input that a person can correct; the command has changed nothing. */
const wrongInput: ReadonlySet<string> = new Set([
  'scenario-invalid',
  'config-invalid',
  'task-invalid',
  'model-invalid',
  'recording-invalid',
  'budget-too-small',
  'checkpoint-damaged',
]);

/** @throws UsageError */
function parse(command: Command, args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    return { options: new Options(values as Record<string, string | boolean | undefined>), positionals };
  } catch (error) {
    throw new UsageError(valueWithDash(error) ?? messageOf(error));
  }
}

/** A sentence about `-e -1`: Node.js takes a word with a dash for the next option, and says so in three lines. */
function valueWithDash(error: unknown): string | undefined {
  const [, option = ''] = /^Option '(\S+)' argument is ambiguous/.exec(messageOf(error)) ?? [];
  if (option === '') return undefined;
  const joined = option.startsWith('--') ? `${option}=-1` : `${option}-1`;
  return `${option}: expected a value, got a word that begins with "-". If it is the value, join both: ${joined}`;
}
