import type { Command } from './command';

/** What `ftte --help` says. */
export function generalHelp(commands: readonly Command[]): string {
  return [
    'Federated learning at the sensor gateway.',
    '',
    'Usage: ftte <command> [options]',
    '',
    'Commands:',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    'ftte <command> --help tells more of one.',
    '',
  ].join('\n');
}

/** What `ftte <command> --help` says. */
export function commandHelp(command: Command): string {
  const rows = Object.entries(command.optionHelp).map(([name, text]) => {
    const { short, type } = command.options[name] ?? {};
    const mark = type === 'string' ? text.indexOf(':') : -1;
    const place = mark < 0 ? '' : ` ${text.slice(0, mark)}`;
    return [`${short ? `-${short}, ` : '    '}--${name}${place}`, text.slice(mark + 1).trim()];
  });
  return [
    command.summary,
    '',
    `Usage: ftte ${command.name} ${command.positionals} [options]`,
    '',
    'Options:',
    ...columns([...rows, ['-h, --help', 'Show this.']]),
    '',
    command.details,
    '',
  ].join('\n');
}

function columns(rows: readonly (readonly (string | undefined)[])[]): string[] {
  const width = Math.max(...rows.map(([first = '']) => first.length));
  return rows.map(([first = '', second = '']) => `  ${first.padEnd(width)}  ${second}`);
}
