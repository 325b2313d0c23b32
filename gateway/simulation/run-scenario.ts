import { prepare } from './fleet/prepare';
import { createPool } from './pool/pool';
import { type Overall, overall } from './results/overall';
import { summaryTables } from './results/report';
import type { ResultFolder } from './results/result-folder';
import type { RunSummary, VersionRecord } from './results/results';
import type { Scenario } from './scenario/scenario-schema';
import { simulate } from './simulator';

/** How far a scenario is. */
export interface Progress {
  readonly seed: number;
  /** Runs that are over, and all. */
  readonly done: number;
  readonly runs: number;
  /** Of the whole scenario, 0 to 1: what versions or virtual time say, whichever is further. */
  readonly fraction: number;
  readonly version: VersionRecord | undefined;
}

/** How a scenario is run, and who hears of it. */
export interface RunScenarioOptions {
  /** 0: everything in the caller's thread. */
  readonly threads: number;
  readonly folder?: ResultFolder;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onSummary?: (summary: RunSummary) => void;
  /** Called once where JavaScript kernels compute instead of WebAssembly, with the reason. */
  readonly onFallback?: (reason: string) => void;
}

/** What the runs of a scenario came to. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly runs: readonly RunSummary[];
  readonly overall: Overall;
  /** Versions of the runs; of all, where there is a folder. */
  readonly versions: readonly VersionRecord[];
  readonly interrupted: boolean;
}

/**
 * Runs a scenario with each of its seeds, one after the other; keeps what comes out in the folder, if there is one, and
 * passes over what is there already.
 * @throws FtteError `scenario-invalid`, `recording-invalid`, `storage`
 */
export async function runScenario(scenario: Scenario, options: RunScenarioOptions): Promise<ScenarioResult> {
  const { folder, signal, onProgress, onSummary, onFallback } = options;
  const { seeds, stop } = scenario;
  const prepared = await prepare(scenario);
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
      const tell = (version?: VersionRecord) => {
        const part = version
          ? Math.max(
              version.version / (stop.versions ?? Infinity),
              version.timeMs / (stop.virtualMs ?? Infinity),
            )
          : 0;
        const fraction = (done + Math.min(1, part)) / seeds.length;
        onProgress?.({ seed, done, runs: seeds.length, fraction, version });
      };
      tell();
      const file = folder?.versions(seed);
      const onVersion = (record: VersionRecord) => {
        file?.add(record);
        versions.push(record);
        tell(record);
      };
      try {
        const { summary } = await simulate(prepared, seed, { pool, onVersion, ...(signal && { signal }) });
        runs.push(summary);
        await folder?.summary(summary);
        onSummary?.(summary);
      } finally {
        await file?.close();
      }
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
