import { spawn } from 'node:child_process';

/**
 * Runs a command whose last line is JSON: a measurement, or the reason why there is none.
 * @returns `skipped` if the command does not exist
 */
export function measureInProcess(command: string, args: readonly string[]): Promise<Measurement | Skipped> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    child.on('error', (error) => resolve({ skipped: error.message }));
    child.on('close', (code) => {
      const line = output.trim().split('\n').at(-1) ?? '';
      if (code === 0) resolve(JSON.parse(line) as Measurement | Skipped);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${errors || output}`));
    });
  });
}

/** Figures of one model and plan from one fresh process. */
export interface Measurement {
  readonly stepMs: number;
  /** Processor time of a step, which other work on the machine hardly moves. */
  readonly cpuMs: number;
  /** Memory of a step; null if the engine does not report it. */
  readonly arenaBytes: number | null;
  /** Peak resident memory of the process. */
  readonly rssBytes: number;
}

/** A measurement that cannot be made here. */
export interface Skipped {
  /** The reason. */
  readonly skipped: string;
}
