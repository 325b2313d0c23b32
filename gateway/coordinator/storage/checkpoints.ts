import { FtteError, runAsync, runSync, type YieldToEventLoop } from '../../platform';
import { damaged } from './array-container';
import {
  type CheckpointState,
  decodeCheckpoint,
  encodeCheckpoint,
  type LoadedCheckpoint,
} from './checkpoint';
import type { FileStore } from './file-store';

/** The result of opening the folder. */
export interface Found {
  /** The newest whole checkpoint. Undefined if there is none. */
  readonly state: LoadedCheckpoint | undefined;
  /** The highest version in the name of a file, also of a damaged one; -1 if there is none. */
  readonly highestVersion: number;
  /** The reasons why newer files could not be used. */
  readonly reasons: readonly string[];
  /** Whether a file of a checkpoint is there, whole or damaged. */
  readonly hasFiles: boolean;
}

/** Checkpoints in one file per version. The newest few stay, and the versions that a caller asks to keep. */
export class Checkpoints {
  private held: number[] = [];

  /**
   * @param newest number of newest versions that are kept, at least 2, because the last one may be damaged
   * @param turn yields to the event loop while a checkpoint is laid out
   */
  constructor(
    private readonly files: FileStore,
    private readonly newest: number,
    private readonly turn?: YieldToEventLoop,
  ) {}

  /** Remembers which files there are. @returns goes back to that, once writes since then were undone */
  mark(): () => void {
    const { held } = this;
    return () => {
      this.held = held;
    };
  }

  /** The versions of the files, ascending. */
  get versions(): readonly number[] {
    return this.held;
  }

  /**
   * Finds the newest whole checkpoint. Newer ones that are damaged are set aside; if all are damaged, they stay.
   * @param complete rejects with `checkpoint-damaged` if a file that the checkpoint names is damaged. The checkpoint
   * before it is used then, because the journal brings it to the same state. If that is damaged in the same way, the
   * newest is used after all.
   */
  async open(complete: (state: LoadedCheckpoint) => Promise<void> = async () => undefined): Promise<Found> {
    const names = await this.files.list();
    this.held = names
      .map(versionOf)
      .filter((version) => version !== undefined)
      .sort((a, b) => a - b);
    // One that was set aside may have been published.
    const highestVersion = names.reduce((max, name) => Math.max(max, versionOf(plainName(name)) ?? -1), -1);
    const hasFiles = this.held.length > 0;
    const damaged: { readonly version: number; readonly reason: string }[] = [];
    const reasons: string[] = [];
    const incomplete: LoadedCheckpoint[] = [];
    for (const version of [...this.held].reverse()) {
      if (incomplete.length > 1) break;
      const before = incomplete.length;
      try {
        const state = await this.load(version);
        incomplete.push(state);
        await complete(state);
        await this.setAside(damaged, reasons);
        return { state, highestVersion, reasons, hasFiles };
      } catch (error) {
        if (!(error instanceof FtteError) || error.code !== 'checkpoint-damaged') throw error;
        if (incomplete.length > before) reasons.push(error.message);
        else damaged.push({ version, reason: error.message });
      }
    }
    const [state] = incomplete;
    if (state) await this.setAside(damaged, reasons);
    else reasons.push(...damaged.map(({ reason }) => reason));
    return { state, highestVersion, reasons, hasFiles };
  }

  /** Renames damaged files, and adds their reasons with their new names. */
  private async setAside(
    damaged: readonly { readonly version: number; readonly reason: string }[],
    reasons: string[],
  ): Promise<void> {
    for (const { version, reason } of damaged) {
      reasons.push(`${reason} (kept as ${await this.files.setAside(nameOf(version))})`);
      this.held = this.held.filter((held) => held !== version);
    }
  }

  /** @throws FtteError `config-invalid` naming the stored versions; `checkpoint-damaged`; `storage` */
  async load(version: number): Promise<LoadedCheckpoint> {
    if (!this.held.includes(version)) {
      const stored = this.held.join(', ');
      const text = `version ${version} is not stored; stored are ${stored || 'none'}`;
      throw new FtteError('config-invalid', text, { version, stored });
    }
    const name = nameOf(version);
    const bytes = await this.files.read(name);
    try {
      const state = decodeCheckpoint(bytes);
      // A file that was written over, whose new name was lost with the power.
      if (state.version !== version) throw damaged(`contains version ${state.version}`);
      return state;
    } catch (error) {
      if (!(error instanceof FtteError)) throw error;
      throw new FtteError(error.code, `checkpoint ${name}: ${error.message}`, { name }, { cause: error });
    }
  }

  /**
   * Writes the version of the state, over an existing file of the same version. It is durable when this resolves, and
   * then old files are removed. Until then the arrays of the state must not change.
   * @param keep versions that stay whatever their age
   * @throws FtteError `storage`; no file is incomplete and none is removed then
   */
  async save(state: CheckpointState, keep: readonly number[]): Promise<void> {
    const { turn } = this;
    const steps = encodeCheckpoint(state);
    const parts = turn ? await runAsync(steps, turn) : runSync(steps);
    await this.files.write(nameOf(state.version), parts);
    const all = [...new Set([...this.held, state.version])].sort((a, b) => a - b);
    const stay = new Set([...all.slice(-Math.max(2, this.newest)), ...keep, state.version]);
    this.held = all;
    for (const version of all) {
      if (stay.has(version)) continue;
      await this.files.remove(nameOf(version));
      // One that cannot be removed is tried again with the next version.
      this.held = this.held.filter((held) => held !== version);
    }
  }
}

function nameOf(version: number): string {
  return `version-${String(version).padStart(9, '0')}.ckpt`;
}

/** The name that a file had before it was set aside. */
const plainName = (name: string) => name.replace(/\.damaged-\d+$/, '');

function versionOf(name: string): number | undefined {
  const match = /^version-(\d{9,15})\.ckpt$/.exec(name);
  return match ? Number(match[1]) : undefined;
}
