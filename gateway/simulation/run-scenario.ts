import { type Prepared, prepare } from './fleet/prepare';
import { createPool } from './pool/pool';
import { type Overall, overall } from './results/overall';
import { summaryTables } from './results/report';
import type { ResultFolder } from './results/result-folder';
import type { RunSummary, VersionRecord } from './results/results';
import type { Scenario } from './scenario/scenario-schema';
import type { SimulateSeedOptions } from './simulated-run';
import { simulateSeed } from './simulator';

/**
 * Runs a scenario with each of its seeds, one after the other. If there is a folder, it writes the results there and
 * skips the seeds that the folder has results of.
 * @throws FtteError `scenario-invalid`, `recording-invalid`, `budget-too-small`, `storage`
 */
export async function runScenario(scenario: Scenario, options: RunScenarioOptions): Promise<ScenarioResult> {
  const { folder, signal, onProgress, onFallback, onNotice } = options;
  const { seeds, stop } = scenario;
  const prepared = await prepare(scenario, onNotice);
  const pool = createPool({ threads: options.threads, examples: prepared.examples, onFallback });
  const runs: RunSummary[] = [];
  const versions: VersionRecord[] = [];
  try {
    for (const [done, seed] of seeds.entries()) {
      const known = folder?.finished.get(seed);
      if (known) {
        runs.push(known);
        continue;
      }
      if (signal?.aborted) break;
      const report = (version?: VersionRecord) => {
        const fraction = (done + fractionOfRun(stop, version)) / seeds.length;
        onProgress?.({ seed, done, runs: seeds.length, fraction, version });
      };
      report();
      const onVersion = (record: VersionRecord) => {
        versions.push(record);
        report(record);
      };
      const summary = await runSeed(prepared, seed, { pool, onVersion, ...(signal && { signal }) }, folder);
      runs.push(summary);
    }
  } finally {
    await pool.close();
  }
  const all = overall(runs);
  const interrupted = signal?.aborted ?? false;
  if (folder) {
    await folder.write('summary.json', `${JSON.stringify({ runs, overall: all }, null, 2)}\n`);
    await folder.write('summary.md', `# ${scenario.name}\n\n${summaryTables(runs, all)}`);
  }
  return {
    scenario,
    runs,
    overall: all,
    versions: folder ? await folder.allVersions(seeds) : versions,
    interrupted,
  };
}

/** Runs one seed, and writes its versions and its summary into the folder, if there is one. */
async function runSeed(
  prepared: Prepared,
  seed: number,
  options: SimulateSeedOptions,
  folder: ResultFolder | undefined,
): Promise<RunSummary> {
  const file = folder?.versions(seed);
  const onVersion = (record: VersionRecord) => {
    file?.add(record);
    options.onVersion?.(record);
  };
  try {
    const { summary, parameters } = await simulateSeed(prepared, seed, { ...options, onVersion });
    await folder?.model(seed, prepared.task, parameters, summary.versions);
    await folder?.summary(summary);
    return summary;
  } finally {
    await file?.close();
  }
}

/** Progress of a run with this version, 0 to 1: by versions or by virtual time, whichever is further. */
function fractionOfRun(stop: Scenario['stop'], version: VersionRecord | undefined): number {
  if (!version) return 0;
  const byVersions = version.version / (stop.versions ?? Infinity);
  const byTime = version.timeMs / (stop.virtualMs ?? Infinity);
  return Math.min(1, Math.max(byVersions, byTime));
}

/** Options of the runs of a scenario. */
export interface RunScenarioOptions {
  /** 0: everything runs in the caller's thread. */
  readonly threads: number;
  readonly folder?: ResultFolder;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ScenarioProgress) => void;
  /** Called once, with the reason, if JavaScript kernels compute instead of WebAssembly. */
  readonly onFallback?: (reason: string) => void;
  /** Receives problems of the data, each once. */
  readonly onNotice?: (text: string) => void;
}

/** Progress of a scenario. */
export interface ScenarioProgress {
  readonly seed: number;
  /** Runs that are finished. */
  readonly done: number;
  readonly runs: number;
  /** Of the whole scenario, 0 to 1. */
  readonly fraction: number;
  readonly version: VersionRecord | undefined;
}

/** Results of all runs of a scenario. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly runs: readonly RunSummary[];
  readonly overall: Overall;
  /** Versions of the runs of this call; with a folder, also those of earlier calls. */
  readonly versions: readonly VersionRecord[];
  readonly interrupted: boolean;
}
