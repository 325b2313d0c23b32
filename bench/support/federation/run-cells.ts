import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { FtteError, writeAtomically } from '../../../gateway/platform';
import type { ScenarioInput } from '../../../gateway/simulation';
import { type Cell, resultKey } from './cell';
import type { CellResult } from './result';

export interface CellOutcome extends Cell {
  readonly result: CellResult;
}

export interface RunCellsOptions {
  /** Where results are kept; a cell whose result is there is not run again. */
  readonly folder: string;
  /** Cells that run at a time, each in a process of its own. */
  readonly jobs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CellProgress) => void;
}

export interface CellProgress {
  /** Cells that are there, of all. */
  readonly done: number;
  readonly cells: number;
  /** Of what had to be run, 0 to 1. */
  readonly fraction: number;
  /** What has just ended. */
  readonly ended: CellOutcome | undefined;
}

/**
 * Results of all cells, in their order: from the folder, or by running them. What was finished before a stop or a
 * failure stays in the folder.
 * @throws FtteError `cancelled` after a stop; whatever a cell failed with
 */
export async function runCells(cells: readonly Cell[], options: RunCellsOptions): Promise<CellOutcome[]> {
  const { folder, jobs, signal, onProgress } = options;
  await mkdir(folder, { recursive: true });
  const results = new Map<string, CellResult>();
  const wanted = new Map<string, Cell>();
  for (const cell of cells) {
    const key = resultKey(cell.scenario);
    if (results.has(key) || wanted.has(key)) continue;
    const known = await readResult(join(folder, `${key}.json`));
    if (known) results.set(key, known);
    else wanted.set(key, cell);
  }
  const runs = wanted.size;
  const fractions = new Map<string, number>();
  let ended = 0;
  const tell = (outcome?: CellOutcome) => {
    const running = [...fractions.values()].reduce((sum, part) => sum + part, 0);
    const done = cells.filter((cell) => results.has(resultKey(cell.scenario))).length;
    onProgress?.({
      done,
      cells: cells.length,
      fraction: (ended + running) / Math.max(1, runs),
      ended: outcome,
    });
  };
  const queue = [...wanted];
  const processes = Array.from({ length: Math.max(1, jobs) }, () => new CellProcess());
  const stop = () => {
    for (const process of processes) process.end();
  };
  signal?.addEventListener('abort', stop);
  const work = async (process: CellProcess) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (signal?.aborted) throw new FtteError('cancelled', 'stopped; what is finished is kept');
      const [key, cell] = next;
      const result = await process.run(cell.scenario, (fraction) => {
        fractions.set(key, fraction);
        tell();
      });
      await writeAtomically(
        join(folder, `${key}.json`),
        `${JSON.stringify({ scenario: cell.scenario, result })}\n`,
      );
      fractions.delete(key);
      results.set(key, result);
      ended++;
      tell({ ...cell, result });
    }
  };
  tell();
  try {
    await Promise.all(processes.map(work));
  } finally {
    queue.length = 0;
    stop();
    signal?.removeEventListener('abort', stop);
  }
  return cells.map((cell) => ({ ...cell, result: results.get(resultKey(cell.scenario)) as CellResult }));
}

/** Of the cells, those whose results are in the folder: nothing is run. */
export async function finishedCells(cells: readonly Cell[], folder: string): Promise<CellOutcome[]> {
  const outcomes: CellOutcome[] = [];
  for (const cell of cells) {
    const result = await readResult(join(folder, `${resultKey(cell.scenario)}.json`));
    if (result) outcomes.push({ ...cell, result });
  }
  return outcomes;
}

interface Answer {
  readonly fraction?: number;
  readonly result?: CellResult;
  readonly error?: string;
}

/** A process that runs one cell after the other, and a new one after an end of it. */
class CellProcess {
  private child: ChildProcess | undefined;
  private onAnswer: (answer: Answer) => void = () => undefined;

  run(scenario: ScenarioInput, onFraction: (fraction: number) => void): Promise<CellResult> {
    return new Promise((resolve, reject) => {
      this.onAnswer = ({ fraction, result, error }) => {
        if (fraction !== undefined) onFraction(fraction);
        if (result) resolve(result);
        if (error) reject(new FtteError('engine-crashed', error));
      };
      this.child ??= this.start();
      this.child.send({ scenario });
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

/** A result of ours; undefined where there is none, or none that is whole. */
async function readResult(path: string): Promise<CellResult | undefined> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as { result: CellResult }).result;
  } catch {
    return undefined;
  }
}
