import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeValue, FtteError, messageOf } from '../../gateway/platform';
import { CsvSource, StreamMeasure } from '../../gateway/stream';
import { type Learned, learnedOf, type Remark, type Unlearned } from './learned';

/** Bytes of a file that are read: a minute of fast sensors and an hour of slow ones. */
const mostBytes = 3 * 1024 * 1024;
const mostProblems = 3;

/**
 * The content of the beginning of a CSV file, read as `ftte-replay` reads it. It is in a temporary file meanwhile.
 * @param asked `name` of the file, its first bytes in base64 as `data`, and `isWhole`: whether that is all of it
 * @throws FtteError `message-invalid` naming the field
 */
export async function measureTable(asked: Readonly<Record<string, unknown>>): Promise<Learned | Unlearned> {
  const { name, data, isWhole } = asked;
  if (typeof data !== 'string' || data.length > (mostBytes * 4) / 3 + 4)
    throw new FtteError(
      'message-invalid',
      `data: expected at most ${mostBytes} bytes in base64, got ${typeof data === 'string' ? `${data.length} characters` : describeValue(data)}`,
      { field: 'data' },
    );
  const given = typeof name === 'string' && name !== '' ? name.slice(0, 128) : 'data.csv';
  const folder = await mkdtemp(join(tmpdir(), 'ftte-table-'));
  // Some devices are recognised by the names of their files.
  const path = join(folder, given.replace(/[^\w.-]/g, '_').replace(/^\.+/, ''));
  try {
    await writeFile(path, wholeLines(Buffer.from(data, 'base64'), isWhole === true), { mode: 0o600 });
    return await measured(path, isWhole === true);
  } catch (error) {
    const text = messageOf(error).replaceAll(path, given);
    return { problem: { key: 'table', words: { text } } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measured(path: string, isWhole: boolean): Promise<Learned | Unlearned> {
  const problems: string[] = [];
  const source = await CsvSource.open(path, {
    readsTexts: true,
    onNotice: ({ text }) => problems.push(text),
  });
  const measure = new StreamMeasure(source.channels, source.units, source.categories);
  let labelled = 0;
  for await (const reading of source.readings()) {
    measure.add(reading);
    if (reading.label !== undefined) labelled++;
  }
  const rateHz = source.rateHz ?? measure.figures.rateHz;
  const learned = learnedOf({ ...measure.figures, rateHz }, labelled, measure.labelRun);
  if (!learned) return { problem: { key: 'no-numbers', words: { count: measure.figures.readings } } };
  const notes: Remark[] = [...learned.notes];
  if (!isWhole) notes.unshift({ key: 'beginning' });
  for (const text of problems.slice(0, mostProblems))
    notes.push({ key: 'table', words: { text: text.replaceAll(path, '').trim() } });
  return { ...learned, notes };
}

/** Without the line that was cut off. */
function wholeLines(bytes: Buffer, isWhole: boolean): Buffer {
  const end = isWhole ? -1 : bytes.lastIndexOf(0x0a);
  return end < 0 ? bytes : bytes.subarray(0, end + 1);
}
