import { basename } from 'node:path';
import { type RecordedWindow, RecordingSource } from '../../stream';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { type DataSet, DataSetBuilder } from './data-set';
import { evenlySpaced } from './evenly-spaced';

/** The windows of a folder of recordings. @throws FtteError `recording-invalid`, `scenario-invalid` */
export async function loadRecordings(spec: Extract<Scenario['data'], { folder: string }>): Promise<DataSet> {
  const { folder, trainOn, without = [], mostOfEachLabel = Number.POSITIVE_INFINITY } = spec;
  const builder = new DataSetBuilder();
  const train = await RecordingSource.open(folder, {
    split: 'train',
    ...(trainOn && { subjects: trainOn }),
  });
  const test = await RecordingSource.open(folder, { split: 'test' });
  const unknown = without.find((label) => !train.labels.includes(label));
  if (unknown !== undefined) throw scenarioInvalid('data.without', unknown, `some of ${train.labels}`);
  const labels = train.labels.filter((label) => !without.includes(label));
  if (labels.length < 2) throw scenarioInvalid('data.without', `${without}`, 'at least two labels that stay');
  for (const [split, source] of [train, test].entries()) {
    const groups = new Map<string, RecordedWindow[]>();
    for (const recorded of source.windows()) {
      if (!labels.includes(recorded.labelName)) continue;
      const key = mostOfEachLabel === Number.POSITIVE_INFINITY ? '' : `${recorded.label} ${recorded.subject}`;
      const group = groups.get(key);
      if (group) group.push(recorded);
      else groups.set(key, [recorded]);
    }
    for (const group of groups.values()) {
      for (const { window, labelName, subject } of evenlySpaced(group, mostOfEachLabel)) {
        builder.add(window, labels.indexOf(labelName), subject, split === 0 ? 0 : 1);
      }
    }
  }
  return builder.build({
    name: train.meta.name ?? basename(folder),
    labels,
    input: {
      channels: train.channels.map((name, i) => ({ name, unit: train.units[i] ?? '' })),
      rateHz: train.rateHz ?? 1,
      length: train.windowLength,
      hop: train.meta.window.hop ?? train.windowLength,
    },
  });
}
