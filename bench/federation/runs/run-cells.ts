import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { FtteError, writeAtomically } from '../../../gateway/platform';
import { type Cell, resultKey } from './cell';
import type { CellResult } from './result';

/**
 * Returns the results of all cells, in their order: from the folder, or by running them. Results stay in the folder after
 * a stop or a failure.
 * @throws FtteError `cancelled` after a stop; the error of a cell
 */
export async function runCells(cells: readonly Cell[], options: RunCellsOptions): Promise<CellOutcome[]> {
  const { folder, jobs, signal, onProgress } = options;
  await mkdir(folder, { recursive: true });
  const results = new Map<string, CellResult>();
  const missing = new Map<string, Cell>();
  for (const cell of cells) {
    const key = resultKey(cell);
    if (results.has(key) || missing.has(key)) continue;
    const known = await readResult(join(folder, `${key}.json`));
    if (known) results.set(key, known);
    else missing.set(key, cell);
  }
  const runs = missing.size;
  const fractions = new Map<string, number>();
  let ended = 0;
  const report = (outcome?: CellOutcome) => {
    const running = [...fractions.values()].reduce((sum, part) => sum + part, 0);
    const done = cells.filter((cell) => results.has(resultKey(cell))).length;
    onProgress?.({
      done,
      cells: cells.length,
      fraction: (ended + running) / Math.max(1, runs),
      ended: outcome,
    });
  };
  const queue = [...missing];
  const processes = Array.from({ length: Math.max(1, jobs) }, () => new CellProcess());
  const stop = () => {
    for (const process of processes) process.end();
  };
  signal?.addEventListener('abort', stop);
  const work = async (process: CellProcess) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (signal?.aborted) throw new FtteError('cancelled', 'stopped; finished runs are kept');
      const [key, cell] = next;
      const result = await process.run(cell, (fraction) => {
        fractions.set(key, fraction);
        report();
      });
      await writeAtomically(
        join(folder, `${key}.json`),
        `${JSON.stringify({ scenario: cell.scenario, steps: cell.steps, result })}\n`,
      );
      fractions.delete(key);
      results.set(key, result);
      ended++;
      report({ ...cell, result });
    }
  };
  report();
  try {
    await Promise.all(processes.map(work));
  } finally {
    queue.length = 0;
    stop();
    signal?.removeEventListener('abort', stop);
  }
  return cells.map((cell) => ({ ...cell, result: results.get(resultKey(cell)) as CellResult }));
}

/** A cell and its result. */
export interface CellOutcome extends Cell {
  readonly result: CellResult;
}

/** Options of running cells. */
export interface RunCellsOptions {
  /** Folder of the results; a cell whose result is in it is not run again. */
  readonly folder: string;
  /** Cells that run at a time, each in a process of its own. */
  readonly jobs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CellProgress) => void;
}

/** Progress of running cells. */
export interface CellProgress {
  /** Cells that have a result. */
  readonly done: number;
  readonly cells: number;
  /** Of the cells that had to be run, 0 to 1. */
  readonly fraction: number;
  /** The cell that has just ended. */
  readonly ended: CellOutcome | undefined;
}

/** Returns the cells whose results are in the folder, and runs none. */
export async function finishedCells(cells: readonly Cell[], folder: string): Promise<CellOutcome[]> {
  const outcomes: CellOutcome[] = [];
  for (const cell of cells) {
    const result = await readResult(join(folder, `${resultKey(cell)}.json`));
    if (result) outcomes.push({ ...cell, result });
  }
  return outcomes;
}

interface Answer {
  readonly fraction?: number;
  readonly result?: CellResult;
  readonly error?: string;
}

/** A process that runs one cell after the other; if it ends, the next cell starts another. */
class CellProcess {
  private child: ChildProcess | undefined;
  private onAnswer: (answer: Answer) => void = () => undefined;

  run({ scenario, steps }: Cell, onFraction: (fraction: number) => void): Promise<CellResult> {
    return new Promise((resolve, reject) => {
      this.onAnswer = ({ fraction, result, error }) => {
        if (fraction !== undefined) onFraction(fraction);
        if (result) resolve(result);
        if (error) reject(new FtteError('engine-crashed', error));
      };
      this.child ??= this.start();
      this.child.send({ scenario, steps });
    });
  }

  end(): void {
    this.child?.kill();
  }

  private start(): ChildProcess {
    const entry = join(__dirname, `cell-process${extname(__filename)}`);
    const child = fork(entry, { execArgv: ['--require', require.resolve('tsx/cjs')] });
    child.on('message', (answer: Answer) => this.onAnswer(answer));
    child.on('error', (error) => this.onAnswer({ error: error.message }));
    child.on('exit', (code, signal) => {
      this.child = undefined;
      this.onAnswer({ error: `a cell's process ended with ${signal ?? `code ${code}`}` });
    });
    return child;
  }
}

/** The result in a file; undefined if there is none, or if it is not valid JSON. */
async function readResult(path: string): Promise<CellResult | undefined> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as { result: CellResult }).result;
  } catch {
    return undefined;
  }
}
