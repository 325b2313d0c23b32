import { resolve } from 'node:path';
import { FtteError } from '../../gateway/platform';
import {
  CsvSource,
  type Reading,
  type ReadingSource,
  RecordingSource,
  SyntheticEcg,
  SyntheticVitals,
  SyntheticWearable,
} from '../../gateway/stream';
import type { ReplayConfig } from './config';
import { choosePeople } from './people';

/** Synthetic people: as many as take part in a usual study of activities. */
const castForTraining = 21;
const castForTesting = 9;

/**
 * The source a replay node's fields describe, with the people it is to play.
 * @throws FtteError `recording-invalid` (a file is missing or wrong), `config-invalid` (people that the source does not have)
 */
export async function openSource(
  config: Pick<ReplayConfig, 'source' | 'people' | 'split'>,
): Promise<ReadingSource> {
  const { source, people, split } = config;
  switch (source.kind) {
    case 'synthetic':
      return new SyntheticWearable({ seed: source.seed, people: chooseNumbers(people, split) });
    case 'synthetic-vitals':
      return new SyntheticVitals({ seed: source.seed, people: chooseNumbers(people, split) });
    case 'synthetic-ecg':
      return new SyntheticEcg({ seed: source.seed, people: chooseNumbers(people, split) });
    case 'folder': {
      const folder = resolve(source.path);
      const everybody = await RecordingSource.open(folder, { split });
      if (people === '') return everybody;
      return RecordingSource.open(folder, { split, subjects: choosePeople(people, everybody.subjects) });
    }
    case 'csv':
      return onlyPeople(await openCsv(source), people, source.subjectColumn);
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

function openCsv(source: Extract<ReplayConfig['source'], { kind: 'csv' }>): Promise<CsvSource> {
  return CsvSource.open(resolve(source.path), {
    labelColumn: source.labelColumn || undefined,
    timeColumn: source.timeColumn || undefined,
    subjectColumn: source.subjectColumn || undefined,
    rateHz: source.rateHz,
  });
}

/** People of a CSV file by name. The file shows them only while it is read, so shares cannot be chosen. */
function onlyPeople(source: CsvSource, people: string, subjectColumn: string): ReadingSource {
  if (people === '') return source;
  if (subjectColumn === '' || people.includes('/')) {
    throw new FtteError(
      'config-invalid',
      `people is "${people}"; of a CSV file they can only be chosen by the names in the column for the person`,
      { field: 'people' },
    );
  }
  const names = new Set(people.split(',').map((name) => name.trim()));
  return {
    channels: source.channels,
    rateHz: source.rateHz,
    labels: source.labels,
    subjects: [...names],
    length: undefined,
    readings: () => filtered(source.readings(), names),
  };
}

async function* filtered(
  readings: AsyncIterable<Reading>,
  names: ReadonlySet<string>,
): AsyncIterable<Reading> {
  for await (const reading of readings) {
    if (reading.subject !== undefined && names.has(reading.subject)) yield reading;
  }
}
