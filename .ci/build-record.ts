import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** A part of the build: its paths count from the root. */
interface Part {
  name: string;
  inputs: string[];
  outputs: string[];
}

/** Remembers what each part of the last build was made from. */
export class BuildRecord {
  private readonly digests: Record<string, string>;

  /** @param file where the record is kept */
  constructor(
    private readonly root: string,
    private readonly file: string,
  ) {
    this.digests = readRecord(file);
  }

  /** Whether the part's outputs are there and were made from its inputs as they are. */
  isCurrent(part: Part): boolean {
    return this.digests[part.name] === this.digestOf(part) && this.hasOutputs(part);
  }

  hasOutputs({ outputs }: Part): boolean {
    return outputs.every((path) => existsSync(join(this.root, path)));
  }

  /** To be called before a part is built, so that a build that fails is not taken for a good one. */
  forget(part: Part): void {
    delete this.digests[part.name];
    this.write();
  }

  keep(part: Part): void {
    this.digests[part.name] = this.digestOf(part);
    this.write();
  }

  /** Makes the record newer than inputs that were written with what they had, which tests compare (`test/loader.cjs`). */
  touch(): void {
    this.write();
  }

  private write(): void {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, JSON.stringify(this.digests));
  }

  private digestOf({ inputs }: Part): string {
    const hash = createHash('sha256');
    for (const path of inputs)
      hash
        .update(path)
        .update('\0')
        .update(readFileSync(join(this.root, path)));
    return hash.digest('hex');
  }
}

function readRecord(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch {
    return {};
  }
}

/** @returns the matching files below a folder, as paths from the root with `/` between the names, sorted */
export function filesBelow(root: string, folder: string, files: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => files.test(path))
    .sort();
}
