import type { Command } from './command';

/** The text of `ftte --help`. */
export function generalHelp(commands: readonly Command[]): string {
  return [
    'Federated learning at the sensor gateway.',
    '',
    'Usage: ftte <command> [options]',
    '',
    'Commands:',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    'ftte <command> --help describes a command, ftte --version prints the version.',
    '',
  ].join('\n');
}

/** The text of `ftte <command> --help`. */
export function commandHelp(command: Command): string {
  const rows = Object.entries(command.optionHelp).map(([name, text]) => {
    const { short, type } = command.options[name] ?? {};
    const colon = type === 'string' ? text.indexOf(':') : -1;
    const placeholder = colon < 0 ? '' : ` ${text.slice(0, colon)}`;
    return [`${short ? `-${short}, ` : '    '}--${name}${placeholder}`, text.slice(colon + 1).trim()];
  });
  return [
    command.summary,
    '',
    `Usage: ftte ${[command.name, command.positional.name, command.second?.name, command.needed].filter(Boolean).join(' ')} [options]`,
    '',
    'Options:',
    ...columns([...rows, ['-h, --help', 'Show this help.']]),
    '',
    command.details,
    '',
  ].join('\n');
}

function columns(rows: readonly (readonly (string | undefined)[])[]): string[] {
  const width = Math.max(...rows.map(([first = '']) => first.length));
  return rows.map(([first = '', second = '']) => `  ${first.padEnd(width)}  ${second}`);
}
