import { basename } from 'node:path';
import { BeatMeasures, beatInputs, type RecordedWindow, RecordingSource } from '../../stream';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { type DataSet, DataSetBuilder } from './data-set';
import { evenlySpaced } from './evenly-spaced';
import { MissingValues } from './missing-values';

/**
 * The windows of a folder of recordings.
 * @param fewestLabels labels that have to stay, 0 or 2
 * @throws FtteError `recording-invalid`, `scenario-invalid`
 */
export async function loadRecordings(
  spec: Extract<Scenario['data'], { folder: string }>,
  fewestLabels: number,
): Promise<DataSet> {
  const {
    folder,
    trainOn,
    without = [],
    mostOfEachLabel = Number.POSITIVE_INFINITY,
    intervals,
    presence,
  } = spec;
  const builder = new DataSetBuilder();
  const train = await RecordingSource.open(folder, {
    split: 'train',
    ...(trainOn && { subjects: trainOn }),
  });
  const test = await RecordingSource.open(folder, { split: 'test' });
  const unknown = without.find((label) => !train.labels.includes(label));
  if (unknown !== undefined) throw scenarioInvalid('data.without', unknown, `some of ${train.labels}`);
  if (intervals && !train.meta.files.rr)
    throw scenarioInvalid('data.intervals', 'true', 'a recording with files.rr in its meta.json, or false');
  const labels = train.labels.filter((label) => !without.includes(label));
  if (intervals && presence)
    throw scenarioInvalid('data.presence', 'true', 'false with intervals, which need every value');
  if (labels.length < fewestLabels)
    throw scenarioInvalid('data.without', `${without}`, 'at least two labels that stay');
  const missing = new MissingValues(train, presence === true);
  for (const [split, source] of [train, test].entries()) {
    const groups = new Map<string, { readonly recorded: RecordedWindow; readonly place: number }[]>();
    let place = 0;
    for (const recorded of intervals ? withMeasures(source) : source.windows()) {
      if (!labels.includes(recorded.labelName)) continue;
      const key = mostOfEachLabel === Number.POSITIVE_INFINITY ? '' : `${recorded.label} ${recorded.subject}`;
      const group = groups.get(key);
      const one = { recorded, place: place++ };
      if (group) group.push(one);
      else groups.set(key, [one]);
    }
    // In the order in which they were recorded.
    const kept = [...groups.values()].flatMap((group) => evenlySpaced(group, mostOfEachLabel));
    for (const { recorded } of kept.sort((a, b) => a.place - b.place)) {
      const { window, labelName, subject } = recorded;
      builder.add(
        intervals ? window : missing.fill(window),
        labels.indexOf(labelName),
        subject,
        split === 0 ? 0 : 1,
      );
    }
  }
  return builder.build({
    name: train.meta.name ?? basename(folder),
    labels,
    input: {
      channels: [
        ...missing.channels,
        ...(intervals ? beatInputs.map((channel) => ({ ...channel, side: true as const })) : []),
      ],
      rateHz: train.rateHz ?? 1,
      length: train.windowLength,
      hop: train.meta.window.hop ?? train.windowLength,
      ...(intervals && { cut: { kind: 'marks' as const, before: beforeBeat(train) } }),
    },
  });
}

/** The windows with the measures of their beats as further channels, constant over a window. */
function* withMeasures(source: RecordingSource): Iterable<RecordedWindow> {
  const beats = new BeatMeasures(source.rateHz ?? 1, beforeBeat(source), source.windowLength);
  const width = source.channels.length;
  const wide = width + beatInputs.length;
  for (const recorded of source.windows()) {
    const { window, subject = '', intervals: [beforeMs, afterMs] = [0, 0] } = recorded;
    const side = beats.next(subject, { beforeMs, afterMs, window, channels: width, channel: 0 });
    const rows = window.length / width;
    const wider = new Float32Array(rows * wide);
    for (let row = 0; row < rows; row++) {
      wider.set(window.subarray(row * width, (row + 1) * width), row * wide);
      wider.set(side, row * wide + width);
    }
    yield { ...recorded, window: wider };
  }
}

/** Rows of a window before its beat. */
const beforeBeat = ({ meta, windowLength }: RecordingSource) => meta.window.before ?? windowLength >> 1;
