import { z } from 'zod';
import type { FileStore } from '../file-store';
import type { GrowingFiles } from '../log/update-log';
import { logError } from '../shared/shared-log';
import type { FencedStream } from './fenced-stream';

/** A part of a file, in messages `file.<part>.<number>`. */
const partSchema = z.object({ part: z.string(), pieces: z.number().int().min(0) });
const manifestSchema = z.record(z.string(), z.array(partSchema));
type Manifest = z.infer<typeof manifestSchema>;

/**
 * The files of one model, in messages. A manifest names the messages of each file; the files of a checkpoint are there in
 * one step, with the next manifest.
 */
export class StreamFiles implements FileStore, GrowingFiles {
  /** Undefined before it was read. */
  private manifest: Manifest | undefined;
  /** The next manifest, while a checkpoint is being written. */
  private next: Manifest | undefined;
  private reading: Promise<Manifest> | undefined;
  private parts = 0;
  /** The stream is known to be in use. */
  private isMarked = false;
  private prefix = '';

  /** @param pieceBytes bytes of a message */
  constructor(
    private readonly stream: FencedStream,
    private readonly place: string,
    private readonly pieceBytes: number,
  ) {}

  /** Runs writes that appear in one step. */
  async together<T>(job: () => Promise<T>): Promise<T> {
    if (this.next) return job();
    const manifest = await this.current();
    this.next = { ...manifest };
    try {
      const result = await job();
      const { next } = this;
      await this.stream.publish('manifest', Buffer.from(JSON.stringify(next)));
      if (!this.isMarked) await this.mark();
      this.manifest = next;
      await this.tidy(manifest, next);
      return result;
    } catch (error) {
      // Whether the manifest was stored is not known.
      this.manifest = undefined;
      throw error;
    } finally {
      this.next = undefined;
    }
  }

  async list(): Promise<string[]> {
    return Object.keys(this.next ?? (await this.current()));
  }

  read(name: string): Promise<Uint8Array> {
    return this.stream.consistent(() => this.readNow(name));
  }

  private async readNow(name: string): Promise<Uint8Array> {
    const parts = (this.next ?? (await this.current()))[name];
    if (!parts) throw logError(this.place, 'missing', `has no file ${name}`);
    const pieces: Uint8Array[] = [];
    for (const { part, pieces: count } of parts) {
      for (let i = 0; i < count; i++) {
        const message = await this.stream.newest(`file.${part}.${i}`);
        if (!message) throw logError(this.place, 'missing', `has lost a piece of the file ${name}`);
        pieces.push(message.data);
      }
    }
    return Buffer.concat(pieces);
  }

  async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    await this.together(async () => {
      const part = await this.store(parts);
      this.change({ [name]: [part] });
    });
  }

  async create(name: string, parts: readonly Uint8Array[]): Promise<boolean> {
    return this.together(async () => {
      if (this.next?.[name]) return false;
      const part = await this.store(parts);
      this.change({ [name]: [part] });
      return true;
    });
  }

  async append(name: string, parts: readonly Uint8Array[]): Promise<void> {
    if (parts.length === 0) return;
    await this.together(async () => {
      const part = await this.store(parts);
      this.change({ [name]: [...(this.next?.[name] ?? []), part] });
    });
  }

  async remove(name: string): Promise<void> {
    await this.together(async () => {
      if (this.next) delete this.next[name];
    });
  }

  async setAside(name: string): Promise<string> {
    return this.together(async () => {
      let number = 1;
      while (this.next?.[`${name}.damaged-${number}`]) number++;
      const aside = `${name}.damaged-${number}`;
      const parts = this.next?.[name];
      await this.remove(name);
      if (parts) this.change({ [aside]: parts });
      return aside;
    });
  }

  async close(): Promise<void> {}

  private change(files: Manifest): void {
    Object.assign(this.next ?? {}, files);
  }

  /** Stores bytes in messages that no manifest names yet. */
  private async store(parts: readonly Uint8Array[]): Promise<{ part: string; pieces: number }> {
    const bytes = Buffer.concat(parts);
    const part = `${this.prefix}-${this.parts++}`;
    const pieces = Math.ceil(bytes.length / this.pieceBytes);
    for (let i = 0; i < pieces; i++)
      await this.stream.publish(
        `file.${part}.${i}`,
        bytes.subarray(i * this.pieceBytes, (i + 1) * this.pieceBytes),
      );
    return { part, pieces };
  }

  /** Marks the stream, which holds something to lose. That it fails is no failure of a write: the next one tries it again. */
  private async mark(): Promise<void> {
    this.isMarked = await this.stream.markInUse().then(
      () => true,
      () => false,
    );
  }

  private async current(): Promise<Manifest> {
    if (this.manifest) return this.manifest;
    this.reading ??= this.begin().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  /** Reads the manifest, and removes parts of earlier runs that it does not name. */
  private async begin(): Promise<Manifest> {
    // Before the manifest is read: from then on no run before this one can store another one.
    const begun = await this.stream.publish('begin', new Uint8Array(0));
    const { message, subjects } = await this.stream.consistent(async () => ({
      message: await this.stream.newest('manifest'),
      subjects: await this.stream.subjects('file.>'),
    }));
    // An empty log would begin a new model, and gateways would drop the updates that wait for the old one.
    if (!message && (await this.stream.isInUse()))
      throw logError(this.place, 'missing', listLost(this.stream.name));
    const { success, data } = manifestSchema.safeParse(message ? parsed(message.data) : {});
    if (!success)
      throw logError(this.place, 'schema', 'has a list of files of another version of this package');
    if (message) await this.mark();
    const named = partsOf(data);
    const lost = new Set(
      subjects
        .map((subject) => subject.split('.')[1] ?? '')
        // A later run may have begun meanwhile: its parts have higher numbers.
        .filter((part) => !named.has(part) && runOf(part) < begun),
    );
    for (const part of lost) await this.stream.remove(`file.${part}.>`);
    // Names of parts that no run before this one has used.
    this.prefix = begun.toString(36);
    this.manifest = data;
    return data;
  }

  /** Removes the messages that only the manifest before has named. What is left is removed at the next start. */
  private async tidy(before: Manifest, after: Manifest): Promise<void> {
    const stay = partsOf(after);
    for (const part of partsOf(before)) {
      if (!stay.has(part)) await this.stream.remove(`file.${part}.>`).catch(() => undefined);
    }
  }
}

/** The number with which the run began that stored a part. */
const runOf = (part: string) => Number.parseInt(part, 36) || 0;

const partsOf = (manifest: Manifest) =>
  new Set(Object.values(manifest).flatMap((parts) => parts.map(({ part }) => part)));

const listLost = (stream: string) =>
  `has lost its list of files, and is left as it is: restore the stream ${stream} from a backup, or begin a new model under another name of the federation`;

function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString());
  } catch {
    return undefined;
  }
}
