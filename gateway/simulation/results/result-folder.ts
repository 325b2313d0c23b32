import { createWriteStream, type WriteStream } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { metadataOf, writeLayersModel, writeModelFiles } from '../../interchange';
import { FtteError, makeFolder, storageError, wrapError, writeAtomically } from '../../platform';
import { type Task, taskModel } from '../../task';
import type { Scenario } from '../scenario/scenario-schema';
import type { RunSummary, VersionRecord } from './results';

/**
 * A folder with the results of a scenario: `scenario.json` with every default, and for each seed `seed-N.versions.jsonl`
 * and, when the run is finished, `seed-N.summary.json` and its last model in the folder
 * `seed-N.model`.
 */
export class ResultFolder {
  private constructor(
    private readonly folder: string,
    /** Runs that the folder has results of, by seed. */
    readonly finished: ReadonlyMap<number, RunSummary>,
  ) {}

  /** @throws FtteError `config-invalid` if the folder has results that `existing` does not allow; `storage` */
  static async open(folder: string, scenario: Scenario, existing: Existing): Promise<ResultFolder> {
    const text = `${JSON.stringify(scenario, null, 2)}\n`;
    const names = await readdir(folder).catch(() => [] as string[]);
    const results = names.filter((name) => /^seed-\d+\.(versions\.jsonl|summary\.json|model)$/.test(name));
    const finished = new Map<number, RunSummary>();
    if (results.length > 0 && existing === 'refuse') {
      throw new FtteError(
        'config-invalid',
        `${folder} already holds results: --resume continues with them, --overwrite deletes them`,
        { folder },
      );
    }
    if (existing === 'resume' && results.length > 0) {
      const known = await readFile(join(folder, 'scenario.json'), 'utf8').catch(() => '');
      if (known !== text) {
        throw new FtteError(
          'config-invalid',
          `${folder} holds results of another scenario: continue with that one, or name another folder`,
          { folder },
        );
      }
      for (const seed of scenario.seeds) {
        const summary = await readSummary(join(folder, `seed-${seed}.summary.json`));
        if (summary && summary.stopped !== 'interrupted') finished.set(seed, summary);
      }
    }
    if (existing === 'overwrite') {
      await Promise.all(results.map((name) => rm(join(folder, name), { force: true, recursive: true })));
    }
    await makeFolder(folder, 0o777).catch((error) => {
      throw storageError('cannot make', folder, error);
    });
    await writeAtomically(join(folder, 'scenario.json'), text);
    return new ResultFolder(folder, finished);
  }

  /** A writer of versions as they are made; `close` resolves when all are on disk. */
  versions(seed: number): { add: (record: VersionRecord) => void; close: () => Promise<void> } {
    const stream: WriteStream = createWriteStream(join(this.folder, `seed-${seed}.versions.jsonl`));
    const done = finished(stream);
    done.catch(() => undefined);
    return {
      add: (record) => void stream.write(`${JSON.stringify(record)}\n`),
      close: async () => {
        stream.end();
        await done.catch((error) => {
          throw wrapError('storage', 'cannot write versions', error);
        });
      },
    };
  }

  /** Writes the last model of a run as a LayersModel, which `ftte evaluate` and `ftte import` read. */
  async model(seed: number, task: Task, parameters: Float32Array, version: number): Promise<void> {
    const model = writeLayersModel(taskModel(task), parameters, {
      name: task.name.replace(/[^A-Za-z0-9_-]+/g, '_'),
      metadata: metadataOf(task, { version }),
    });
    await writeModelFiles(join(this.folder, `seed-${seed}.model`), model);
  }

  async summary(summary: RunSummary): Promise<void> {
    await this.write(`seed-${summary.seed}.summary.json`, `${JSON.stringify(summary, null, 2)}\n`);
  }

  write(name: string, content: string | Uint8Array): Promise<void> {
    return writeAtomically(join(this.folder, name), content);
  }

  /** Versions of all runs, those of earlier calls included. */
  async allVersions(seeds: readonly number[]): Promise<VersionRecord[]> {
    const texts = await Promise.all(
      seeds.map((seed) => readFile(join(this.folder, `seed-${seed}.versions.jsonl`), 'utf8').catch(() => '')),
    );
    return texts.flatMap((text) =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as VersionRecord),
    );
  }
}

/** Treatment of results that the folder already has. */
export type Existing = 'refuse' | 'resume' | 'overwrite';

/** The summary in a file; undefined if there is none, or if it is not valid JSON. */
async function readSummary(path: string): Promise<RunSummary | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RunSummary;
  } catch {
    return undefined;
  }
}
