import { spawn } from 'node:child_process';

/** What one fresh process measured of one model and plan. */
export interface Measurement {
  readonly stepMs: number;
  /** Of the processor: what a step takes where nothing else runs. */
  readonly cpuMs: number;
  /** Memory held for the step; null where the engine cannot say. */
  readonly arenaBytes: number | null;
  /** Most resident memory the process ever had. */
  readonly rssBytes: number;
}

/** A measurement that cannot be made here, and why. */
export interface Skipped {
  readonly skipped: string;
}

/**
 * Runs a command that prints one JSON line last: a Measurement, or why there is none.
 * @returns `skipped` where the command does not exist
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
