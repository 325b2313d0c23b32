import { spawnSync } from 'node:child_process';

/**
 * Runs a TypeScript file in a child process and returns the JSON of its last line.
 * @throws Error with the errors of the process if it fails
 */
export function inFreshProcess<Result>(file: string, args: readonly string[]): Result {
  const command = ['--require', require.resolve('tsx/cjs'), file, ...args];
  const { stdout, stderr, status } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Result;
}
