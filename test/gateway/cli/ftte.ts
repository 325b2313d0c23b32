import { commands, main } from '../../../gateway/cli';

/** Runs a command line and returns its exit code and its outputs; `onOut` sees standard output and may stop it. */
export async function ftte(
  args: readonly string[],
  onOut: (text: string, stop: () => void) => void = () => undefined,
  input?: AsyncIterable<string>,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const stop = new AbortController();
  let [out, err] = ['', ''];
  const code = await main(args, commands, {
    out: {
      write: (text) => {
        out += text;
        onOut(text, () => stop.abort());
      },
    },
    err: {
      write: (text) => {
        err += text;
      },
    },
    signal: stop.signal,
    ...(input && { input }),
  });
  return { code, out, err };
}
