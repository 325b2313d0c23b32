import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FtteError } from '../../gateway/platform';
import {
  type CsvNotice,
  CsvSource,
  type Reading,
  type ReadingSource,
  RecordingSource,
  SyntheticEcg,
  SyntheticVitals,
  SyntheticWearable,
} from '../../gateway/stream';
import type { ReplayConfig, SourceConfig } from './config';
import { choosePeople, isChosen } from './people';

/** Synthetic people: as many as take part in a usual study of activities. */
const castForTraining = 21;
const castForTesting = 9;

/** Everything besides the settings that opening a source needs. */
export interface SourceContext {
  /** A path as a user writes it, made absolute. */
  readonly absolute: (path: string) => string;
  /** Names of the channels of the task; undefined without a task. */
  readonly channels: readonly string[] | undefined;
  /** Receives a description of the file, in one line. */
  readonly onRecognised: (text: string) => void;
  readonly onNotice: (notice: CsvNotice) => void;
}

/**
 * The source that the fields of a replay node describe, with the people to play.
 * @throws FtteError `recording-invalid` (a file is missing or wrong), `config-invalid` (people that the source does not have)
 */
export async function openSource(
  { source, people, split }: Pick<ReplayConfig, 'source' | 'people' | 'split'>,
  context: SourceContext,
): Promise<ReadingSource> {
  switch (source.kind) {
    case 'synthetic':
      return new SyntheticWearable({ seed: source.seed, people: chooseNumbers(people, split) });
    case 'synthetic-vitals':
      return new SyntheticVitals({ seed: source.seed, people: chooseNumbers(people, split) });
    case 'synthetic-ecg':
      return new SyntheticEcg({ seed: source.seed, people: chooseNumbers(people, split) });
    case 'folder':
      return openFolder(context.absolute(source.path), people, split);
    case 'path': {
      const path = context.absolute(source.path);
      // A folder without a meta.json may be one of Empatica.
      if (await isRecordingFolder(path)) return openFolder(path, people, split);
      return openCsv(path, source, people, context);
    }
    case 'csv':
      return openCsv(context.absolute(source.path), source, people, context);
  }
}

function chooseNumbers(people: string, split: ReplayConfig['split']): readonly number[] {
  const cast = Array.from({ length: castForTraining + castForTesting }, (_, i) => i + 1);
  const part =
    split === 'train'
      ? cast.slice(0, castForTraining)
      : split === 'test'
        ? cast.slice(castForTraining)
        : cast;
  return choosePeople(people, part.map(String)).map(Number);
}

async function openFolder(
  folder: string,
  people: string,
  split: ReplayConfig['split'],
): Promise<ReadingSource> {
  const everybody = await RecordingSource.open(folder, { split });
  if (people === '') return everybody;
  return RecordingSource.open(folder, { split, subjects: choosePeople(people, everybody.subjects) });
}

async function isRecordingFolder(path: string): Promise<boolean> {
  const isFile = (name: string) =>
    stat(name).then(
      (stats) => stats.isFile(),
      () => false,
    );
  return isFile(join(path, 'meta.json'));
}

async function openCsv(
  path: string,
  { options }: Extract<SourceConfig, { kind: 'csv' | 'path' }>,
  people: string,
  { channels, onRecognised, onNotice }: SourceContext,
): Promise<ReadingSource> {
  const source = await CsvSource.open(path, { ...options, channels, onNotice });
  source.check();
  onRecognised(source.recognised);
  return people === '' ? source : onlyPeople(source, people);
}

/** People of a CSV file by name. The file shows them only while it is read, so shares cannot be chosen. */
function onlyPeople(source: CsvSource, people: string): ReadingSource {
  const isHere = people.includes('/') ? undefined : isChosen(people);
  if (!source.hasPeople || !isHere) {
    throw new FtteError(
      'config-invalid',
      `people: expected names or ranges of numbers from the column of people of a CSV file, got "${people}"` +
        (source.hasPeople ? '' : '; the file has no such column'),
      { field: 'people' },
    );
  }
  return {
    channels: source.channels,
    rateHz: source.rateHz,
    labels: source.labels,
    subjects: source.subjects,
    length: undefined,
    isSparse: source.isSparse,
    categories: source.categories,
    readings: () => filtered(source.readings(), isHere),
  };
}

async function* filtered(
  readings: AsyncIterable<Reading>,
  isHere: (subject: string) => boolean,
): AsyncIterable<Reading> {
  for await (const reading of readings) {
    if (reading.subject !== undefined && isHere(reading.subject)) yield reading;
  }
}
