import {
  eachRecord,
  FtteError,
  otherKeyText,
  type RecordsCondition,
  readIfThere,
  type StorageCipher,
  writeChunks,
  yieldToEventLoop,
} from '../../platform';
import {
  headerRecord,
  readSampleRecord,
  type SampleRecord,
  sampleMagic,
  sampleRecord,
  sealedSampleMagic,
} from './sample-records';
import { readSealedSamples, sealedForm } from './sealed-samples';
import type { StoreContent, StoredSample, StoreHeader } from './store-content';

/** The samples of a file. */
export interface FoundSamples {
  readonly content: StoreContent;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Whether records may be appended to the file as it is. */
  readonly isWhole: boolean;
  /** Whether the file has changed on disk. */
  readonly hasChanged: boolean;
  /** The damage, if the file has changed on disk or ends in half a record. All other samples are in the content. */
  readonly damage: FtteError | undefined;
}

/** Bytes that are written, or read, between two turns of the event loop. */
const turnBytes = 256 * 1024;

/**
 * Writes all samples to a file, atomically, and with turns of the event loop. The header is there twice: without it no
 * sample could be read.
 * @param cipher encrypts each record; absent: they are in plain
 * @returns bytes of the file
 * @throws FtteError `storage`
 */
export function writeSamples(path: string, content: StoreContent, cipher?: StorageCipher): Promise<number> {
  return writeChunks(path, chunksOf(content, cipher));
}

function* chunksOf(content: StoreContent, cipher: StorageCipher | undefined): Generator<Uint8Array[]> {
  let chunk = [...headerRecord(content, cipher), ...headerRecord(content, cipher)];
  let bytes = 0;
  for (const { seen, samples } of content.reservoirs)
    for (const sample of samples) {
      chunk.push(...sampleRecord(sample, seen, 0, cipher));
      bytes += sample.window.byteLength;
      if (bytes < turnBytes) continue;
      yield chunk;
      chunk = [];
      bytes = 0;
    }
  yield chunk;
}

/**
 * Reads the samples of a file, in the present format or the earlier one. Undefined if there is no file. A file in plain is
 * read with a cipher, too, and is then to be written again.
 * @throws FtteError `storage` if the file cannot be read
 */
export async function readSamples(path: string, cipher?: StorageCipher): Promise<FoundSamples | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  if (bytes.length === 0) {
    // It is written under another name first, so that it is never empty by itself.
    const damage = new FtteError(
      'storage',
      `${path} is damaged: it is empty, and the samples in it are lost`,
      { path },
    );
    return { bytes: 0, isWhole: false, hasChanged: false, content: new Replay().content, damage };
  }
  if (bytes.toString('latin1', 0, sealedForm.magic.length) === sealedForm.magic)
    return readEarlier(path, bytes);
  const isSealed = isEncrypted(bytes);
  const replay = new Replay();
  const condition = await replayAll(replay, bytes, isSealed, cipher);
  if (!condition) {
    const damage = new FtteError('storage', `${path}: ${otherKeyText(cipher !== undefined)}`, { path });
    return { bytes: bytes.length, isWhole: false, hasChanged: true, content: new Replay().content, damage };
  }
  const { content, size } = replay;
  const damaged = condition.damaged + replay.unusable;
  const isUndamaged = damaged + condition.torn + condition.repaired === 0;
  const hasChanged = damaged + condition.repaired > 0;
  const isWhole = isUndamaged && isSealed === (cipher !== undefined);
  const damage = isUndamaged ? undefined : damageOf(path, damaged, size, condition);
  return { content, bytes: bytes.length, isWhole, hasChanged, damage };
}

async function readEarlier(path: string, bytes: Buffer): Promise<FoundSamples> {
  const found = { bytes: bytes.length, isWhole: false };
  try {
    const content = await readSealedSamples(path, bytes);
    return { ...found, content, hasChanged: false, damage: undefined };
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    return { ...found, content: new Replay().content, hasChanged: true, damage: error };
  }
}

/** Whether the first record that can be found is encrypted. */
function isEncrypted(bytes: Buffer): boolean {
  const [sealed, plain] = [bytes.indexOf(sealedSampleMagic), bytes.indexOf(sampleMagic)];
  return sealed >= 0 && (plain < 0 || sealed < plain);
}

/** The condition of the records; undefined if they were encrypted with another key than the cipher's. */
async function replayAll(
  replay: Replay,
  bytes: Buffer,
  isSealed: boolean,
  cipher: StorageCipher | undefined,
): Promise<RecordsCondition | undefined> {
  const records = eachRecord(isSealed ? sealedSampleMagic : sampleMagic, bytes);
  for (let read = 0; ; ) {
    const { done, value } = records.next();
    if (done) return value;
    const body = isSealed ? (cipher?.open(value) ?? 'other-key') : value;
    if (body === 'other-key') return undefined;
    replay.take(body === 'changed' ? undefined : readSampleRecord(body));
    read += value.length;
    if (read < turnBytes) continue;
    read = 0;
    await yieldToEventLoop();
  }
}

function damageOf(path: string, damaged: number, size: number, condition: RecordsCondition): FtteError {
  const { repaired, torn } = condition;
  const parts = [
    damaged > 0 && `records that are damaged and lost: ${damaged}`,
    repaired > 0 && `records that were damaged and could be repaired: ${repaired}`,
    torn > 0 && `bytes of an interrupted write that are left out: ${torn}`,
    `samples that were read: ${size}`,
  ];
  return new FtteError('storage', `${path} is damaged: ${parts.filter(Boolean).join(', ')}`, { path });
}

/** The content that the events of a file lead to. */
class Replay {
  /** Records that are whole and cannot be used. */
  unusable = 0;
  private header: StoreHeader | undefined;
  private readonly samples = new Map<number, StoredSample>();
  private readonly seen = new Map<number, number>();

  get size(): number {
    return this.samples.size;
  }

  get content(): StoreContent {
    const byLabel = new Map<number, StoredSample[]>();
    for (const sample of this.samples.values()) {
      const list = byLabel.get(sample.label) ?? [];
      list.push(sample);
      byLabel.set(sample.label, list);
    }
    const reservoirs = [...byLabel].map(([label, samples]) => ({
      label,
      seen: Math.max(this.seen.get(label) ?? 0, samples.length),
      samples,
    }));
    return { ...(this.header ?? { input: undefined, rows: 0, labels: [] }), reservoirs };
  }

  take(record: SampleRecord | undefined): void {
    if (record?.kind === 'header') this.header ??= record.header;
    else if (record?.kind === 'dropped') for (const id of record.ids) this.samples.delete(id);
    else if (record && this.fits(record.sample)) {
      const { sample, replaced, seen } = record;
      this.samples.delete(replaced);
      this.samples.set(sample.id, sample);
      this.seen.set(sample.label, Math.max(seen, this.seen.get(sample.label) ?? 0));
    } else this.unusable++;
  }

  private fits({ label, window }: StoredSample): boolean {
    const { input, rows = 0, labels } = this.header ?? {};
    const isLabel = label < Math.max(1, labels?.length ?? 0);
    return input !== undefined && isLabel && window.length === rows * input.channels.length;
  }
}
