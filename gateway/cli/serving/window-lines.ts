import type { WindowValues } from '../../client';
import { FtteError, messageOf } from '../../platform';

/** The longest line, in characters. */
const longestLine = 4 << 20;

/** A role that takes windows. */
interface WindowSink {
  add(window: WindowValues, label?: string | number): void;
}

/**
 * Gives a role the windows of lines such as `{ "window": [[0.1, 9.8], ...], "label": "walking" }`, until the input ends.
 * @param onProblem a line is not used; the next one is
 */
export async function addWindows(
  input: AsyncIterable<Uint8Array | string>,
  role: WindowSink,
  onProblem: (error: unknown) => void,
): Promise<void> {
  for await (const line of linesOf(input, onProblem)) {
    if (line.trim() === '') continue;
    try {
      const { window, label } = parsed(line);
      role.add(window, label);
    } catch (error) {
      onProblem(error);
    }
  }
}

/** @throws FtteError `message-invalid` */
function parsed(line: string): { window: WindowValues; label?: string | number } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new FtteError('message-invalid', `a line of the input: expected JSON: ${messageOf(error)}`);
  }
  if (typeof value === 'object' && value !== null && 'window' in value)
    return value as { window: WindowValues; label?: string | number };
  throw new FtteError(
    'message-invalid',
    'a line of the input: expected an object with window, and label if the task has labels',
  );
}

async function* linesOf(
  input: AsyncIterable<Uint8Array | string>,
  onProblem: (error: unknown) => void,
): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let skips = false;
  for await (const chunk of input) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!skips) yield line;
      skips = false;
    }
    if (rest.length <= longestLine) continue;
    if (!skips)
      onProblem(
        new FtteError('message-invalid', `a line of the input: it is longer than ${longestLine} characters`),
      );
    skips = true;
    rest = '';
  }
  if (rest !== '' && !skips) yield rest;
}
