import { availableParallelism } from 'node:os';
import { FtteError } from '../../platform';
import {
  bytes,
  drawPlots,
  duration,
  type Existing,
  type Progress,
  percent,
  ResultFolder,
  readScenario,
  runScenario,
  type ScenarioResult,
  summaryTables,
} from '../../simulation';
import {
  type Command,
  type CommandContext,
  exitCodes,
  type ParsedOptions,
  UsageError,
} from '../command/command';
import { ProgressTeller } from './progress';

export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'Run a federation of many gateways on a virtual clock.',
  positionals: 'SCENARIO.json',
  options: {
    out: { type: 'string', short: 'o' },
    json: { type: 'boolean' },
    threads: { type: 'string', short: 't' },
    resume: { type: 'boolean' },
    overwrite: { type: 'boolean' },
    'no-plots': { type: 'boolean' },
  },
  optionHelp: {
    out: 'DIR: Keep versions, summaries and plots in this folder.',
    json: 'Print JSON lines: one a version, then the summary.',
    threads: 'N: Threads to train in; results do not depend on it. Default: one a processor.',
    resume: 'Go on with what is in the folder: seeds that are finished are not run again.',
    overwrite: 'Throw away what is in the folder.',
    'no-plots': 'Draw no plots.',
  },
  details: [
    'The gateways and the coordinator are the ones that ship; only clock and network are made up. Training is real.',
    'A warm start in the scenario, such as "warmStart": { "people": 2, "epochs": 5 }, gives the samples of two training',
    'people to the coordinator instead of to gateways; virtual time counts from when the fleet is ready after it.',
    'Ctrl+C stops and keeps what is finished. Plots need packages of their own:',
    '  npm install vega @resvg/resvg-wasm dejavu-fonts-ttf',
    'Exit codes: 0 done, 1 failed, 2 wrong arguments or scenario, 130 stopped.',
  ].join('\n'),
  run,
};

async function run(
  positionals: readonly string[],
  options: ParsedOptions,
  context: CommandContext,
): Promise<number> {
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) {
    throw new UsageError(`got ${positionals.length} files, wanted one scenario`);
  }
  const threads = readThreads(options['threads']);
  const out = typeof options['out'] === 'string' ? options['out'] : undefined;
  const existing = readExisting(options, out);
  const scenario = await readScenario(path);
  const folder = out === undefined ? undefined : await ResultFolder.open(out, scenario, existing);
  if (folder && folder.finished.size > 0) {
    context.err.write(`${folder.finished.size} of ${scenario.seeds.length} runs are there already\n`);
  }

  const json = options['json'] === true;
  const print = (value: object) => context.out.write(`${JSON.stringify(value)}\n`);
  const teller = new ProgressTeller(context.err, () => performance.now());
  const result = await runScenario(scenario, {
    threads,
    signal: context.signal,
    ...(folder && { folder }),
    onFallback: (reason) =>
      teller.line(`JavaScript computes instead of WebAssembly, several times slower: ${reason}`),
    onProgress: (progress) => {
      if (json && progress.version) print({ type: 'version', ...progress.version });
      teller.tell({ fraction: progress.fraction, text: describe(progress) });
    },
  });
  teller.clear();
  if (json) print({ type: 'summary', runs: result.runs, overall: result.overall });
  else context.out.write(summaryTables(result.runs, result.overall));
  if (folder && options['no-plots'] !== true) await savePlots(folder, result, teller);
  if (folder && out) teller.line(`results are in ${out}`);
  if (!result.interrupted) return exitCodes.done;
  teller.line(out ? 'stopped; --resume goes on' : 'stopped');
  return exitCodes.interrupted;
}

function readThreads(value: string | boolean | undefined): number {
  if (value === undefined) return availableParallelism();
  const threads = Number(value);
  if (Number.isInteger(threads) && threads >= 0 && threads <= 256 && value !== '') return threads;
  throw new UsageError(`--threads: got ${JSON.stringify(value)}, wanted a whole number from 0 to 256`);
}

function readExisting(options: ParsedOptions, out: string | undefined): Existing {
  const { resume, overwrite } = options;
  if (resume && overwrite) throw new UsageError('--resume and --overwrite: wanted one of them');
  if ((resume || overwrite) && out === undefined) {
    throw new UsageError(`--${resume ? 'resume' : 'overwrite'} wants --out, the folder`);
  }
  return resume ? 'resume' : overwrite ? 'overwrite' : 'refuse';
}

function describe({ seed, done, runs, version }: Progress): string {
  const run = `seed ${seed} (${done + 1} of ${runs})`;
  if (!version) return run;
  const { timeMs, meanAccuracy, bytesUp, bytesDown } = version;
  const accuracy = meanAccuracy === undefined ? '' : `, ${percent(meanAccuracy)}`;
  return `${run}: version ${version.version}, ${duration(timeMs)}, ${bytes(bytesUp + bytesDown)}${accuracy}`;
}

/** Missing packages cost the plots, not the results. */
async function savePlots(
  folder: ResultFolder,
  result: ScenarioResult,
  teller: ProgressTeller,
): Promise<void> {
  if (result.versions.length === 0) return;
  try {
    for (const { name, svg, png } of await drawPlots(result.scenario.name, result.versions, result.runs)) {
      await folder.write(`${name}.svg`, svg);
      await folder.write(`${name}.png`, png);
    }
  } catch (error) {
    if (!(error instanceof FtteError) || error.code !== 'config-invalid') throw error;
    teller.line(`no plots: ${error.message}`);
  }
}
