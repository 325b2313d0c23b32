import { availableParallelism } from 'node:os';
import { FtteError } from '../../platform';
import {
  bytes,
  drawPlots,
  duration,
  type Existing,
  percent,
  ResultFolder,
  readScenario,
  runScenario,
  type ScenarioProgress,
  type ScenarioResult,
  summaryTables,
} from '../../simulation';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { type Options, UsageError } from '../command/options';
import { ProgressReporter } from './progress';

/** `ftte simulate`: runs a scenario. */
export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'Simulate a federation of many gateways on a virtual clock.',
  positional: { name: 'SCENARIO.json', expected: 'one scenario' },
  options: {
    out: { type: 'string', short: 'o' },
    json: { type: 'boolean' },
    threads: { type: 'string', short: 't' },
    resume: { type: 'boolean' },
    overwrite: { type: 'boolean' },
    'no-plots': { type: 'boolean' },
  },
  optionHelp: {
    out: 'DIR: Write versions, summaries, plots and the last model of each seed into this folder.',
    json: 'Print JSON lines: one per version, then the summary.',
    threads: 'N: Number of training threads; results do not depend on it. Default: one per processor.',
    resume: 'Continue in the folder: finished seeds are not run again.',
    overwrite: 'Delete the results in the folder.',
    'no-plots': 'Draw no plots.',
  },
  details: [
    'docs/examples/scenario.json in this package is an example; it needs no recordings.',
    'The data of a scenario are synthetic people, a folder of recordings, or a CSV file with labels:',
    '  "data": { "csv": "walk.csv", "length": 128, "hop": 64 }',
    'A task of kind anomaly or forecast has no accuracy. "ordinary": ["walking"] beside the task names the labels that are no',
    'anomalies: gateways train on these, and the share of the other windows that is detected is measured. For a forecast, the',
    'last readings of each window of the data are those that are predicted, and its skill is measured.',
    'The gateways and the coordinator are those of the package; only clock and network are simulated. Training is real.',
    'A warm start in the scenario, such as "warmStart": { "people": 2, "epochs": 5 }, gives the samples of two training',
    'people to the coordinator instead of to gateways; virtual time starts when the fleet is ready after it.',
    'Ctrl+C stops and keeps finished results. Plots need further packages:',
    '  npm install vega @resvg/resvg-wasm dejavu-fonts-ttf',
    'Exit codes: 0 done, 1 failed, 2 wrong arguments or scenario, 130 stopped.',
  ].join('\n'),
  run,
};

async function run(path: string, options: Options, context: CommandContext): Promise<number> {
  const threads = options.wholeNumber('threads', 256) ?? availableParallelism();
  const out = options.text('out');
  const existing = readExisting(options, out);
  const scenario = await readScenario(path);
  const folder = out === undefined ? undefined : await ResultFolder.open(out, scenario, existing);
  if (folder && folder.finished.size > 0) {
    context.err.write(`${folder.finished.size} of ${scenario.seeds.length} runs are finished already\n`);
  }

  const json = options.flag('json');
  const print = (value: object) => context.out.write(`${JSON.stringify(value)}\n`);
  const reporter = new ProgressReporter(context.err, () => performance.now());
  const result = await runScenario(scenario, {
    threads,
    signal: context.signal,
    ...(folder && { folder }),
    onNotice: (text) => reporter.line(text),
    onFallback: (reason) =>
      reporter.line(`JavaScript computes instead of WebAssembly, several times slower: ${reason}`),
    onProgress: (progress) => {
      if (json && progress.version) print({ type: 'version', ...progress.version });
      reporter.report({ fraction: progress.fraction, text: describe(progress) });
    },
  });
  reporter.clear();
  if (json) print({ type: 'summary', runs: result.runs, overall: result.overall });
  else context.out.write(summaryTables(result.runs, result.overall));
  if (folder && !options.flag('no-plots')) await savePlots(folder, result, reporter);
  if (folder && out) reporter.line(`results are in ${out}`);
  if (!result.interrupted) return exitCodes.done;
  reporter.line(out ? 'stopped; --resume continues' : 'stopped');
  return exitCodes.interrupted;
}

function readExisting(options: Options, out: string | undefined): Existing {
  const [resume, overwrite] = [options.flag('resume'), options.flag('overwrite')];
  if (resume && overwrite) throw new UsageError('expected --resume or --overwrite, got both');
  if ((resume || overwrite) && out === undefined) {
    throw new UsageError(`--${resume ? 'resume' : 'overwrite'} needs --out, the folder`);
  }
  return resume ? 'resume' : overwrite ? 'overwrite' : 'refuse';
}

function describe({ seed, done, runs, version }: ScenarioProgress): string {
  const run = `seed ${seed} (${done + 1} of ${runs})`;
  if (!version) return run;
  const { timeMs, meanAccuracy, detection, skill, meanAbsoluteError, bytesUp, bytesDown } = version;
  const share = meanAccuracy ?? detection?.rate ?? skill;
  const error = meanAbsoluteError === undefined ? '' : `, error ${meanAbsoluteError.toFixed(3)}`;
  const figure = share === undefined ? error : `, ${percent(share)}`;
  return `${run}: version ${version.version}, ${duration(timeMs)}, ${bytes(bytesUp + bytesDown)}${figure}`;
}

/** Draws the plots into the folder. If their packages are missing, it says so and leaves them out. */
async function savePlots(
  folder: ResultFolder,
  result: ScenarioResult,
  reporter: ProgressReporter,
): Promise<void> {
  if (result.versions.length === 0) return;
  try {
    for (const { name, svg, png } of await drawPlots(result.scenario.name, result.versions, result.runs)) {
      await folder.write(`${name}.svg`, svg);
      await folder.write(`${name}.png`, png);
    }
  } catch (error) {
    if (!(error instanceof FtteError) || error.code !== 'config-invalid') throw error;
    reporter.line(`no plots: ${error.message}`);
  }
}
