import { FtteError, runAsync, runSync, type YieldToEventLoop } from '../../platform';
import {
  type CheckpointState,
  decodeCheckpoint,
  encodeCheckpoint,
  type LoadedCheckpoint,
} from './checkpoint';
import type { FileStore } from './file-store';

/** What was found at the start. */
export interface Found {
  /** The newest whole checkpoint; undefined where there is none. */
  readonly state: LoadedCheckpoint | undefined;
  /** Highest version any file was named after, damaged ones too; -1 where there is none. */
  readonly highestVersion: number;
  /** Why newer files were passed over. */
  readonly damaged: readonly string[];
}

/** One file a version; the newest few and those a caller asks to keep stay. */
export class Checkpoints {
  private held: number[] = [];

  /**
   * @param newest how many of the newest versions are kept, at least 2: the last may turn out damaged
   * @param turn lets the event loop go on while a checkpoint is laid out
   */
  constructor(
    private readonly files: FileStore,
    private readonly newest: number,
    private readonly turn?: YieldToEventLoop,
  ) {}

  /** Versions there is a file of, ascending. */
  get versions(): readonly number[] {
    return this.held;
  }

  /**
   * Finds the newest checkpoint that is whole. Damaged ones stay until newer ones take their turn.
   * @param complete rejects with `checkpoint-damaged` where a file that the checkpoint names is not whole. The one before
   *        is taken then, which the journal brings to the same point; where that is no better, the newest after all.
   */
  async open(complete: (state: LoadedCheckpoint) => Promise<void> = async () => undefined): Promise<Found> {
    this.held = (await this.files.list())
      .map(versionOf)
      .filter((version) => version !== undefined)
      .sort((a, b) => a - b);
    const highestVersion = this.held.at(-1) ?? -1;
    const damaged: string[] = [];
    const incomplete: LoadedCheckpoint[] = [];
    for (const version of [...this.held].reverse()) {
      if (incomplete.length > 1) break;
      try {
        const state = await this.load(version);
        incomplete.push(state);
        await complete(state);
        return { state, highestVersion, damaged };
      } catch (error) {
        if (!(error instanceof FtteError) || error.code !== 'checkpoint-damaged') throw error;
        damaged.push(error.message);
      }
    }
    return { state: incomplete[0], highestVersion, damaged };
  }

  /** @throws FtteError `config-invalid` naming what is kept; `checkpoint-damaged`; `storage` */
  async load(version: number): Promise<LoadedCheckpoint> {
    if (!this.held.includes(version)) {
      throw new FtteError(
        'config-invalid',
        `version ${version} is not kept; kept are ${this.held.join(', ') || 'none'}`,
        { version },
      );
    }
    const name = nameOf(version);
    const bytes = await this.files.read(name);
    try {
      return decodeCheckpoint(bytes);
    } catch (error) {
      if (!(error instanceof FtteError)) throw error;
      throw new FtteError(error.code, `checkpoint ${name}: ${error.message}`, { name }, { cause: error });
    }
  }

  /**
   * Writes the state's version (over a file of the same one); durable when it resolves. Then old files go. Until then
   * the state's arrays must stay as they are.
   * @param keep versions that stay however old they are
   * @throws FtteError `storage`; nothing is half-written and nothing removed then
   */
  async save(state: CheckpointState, keep: readonly number[]): Promise<void> {
    const { turn } = this;
    const steps = encodeCheckpoint(state);
    const parts = turn ? await runAsync(steps, turn) : runSync(steps);
    await this.files.write(nameOf(state.version), parts);
    const all = [...new Set([...this.held, state.version])].sort((a, b) => a - b);
    const stay = new Set([...all.slice(-Math.max(2, this.newest)), ...keep, state.version]);
    this.held = all.filter((version) => stay.has(version));
    for (const version of all) if (!stay.has(version)) await this.files.remove(nameOf(version));
  }
}

function nameOf(version: number): string {
  return `version-${String(version).padStart(9, '0')}.ckpt`;
}

function versionOf(name: string): number | undefined {
  const match = /^version-(\d{9,15})\.ckpt$/.exec(name);
  return match ? Number(match[1]) : undefined;
}
