import { basename } from 'node:path';
import { CsvSource, type LabelledWindow, StreamMeasure, Windower, withTexts } from '../../stream';
import { parseTask } from '../../task';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { type DataSet, DataSetBuilder } from './data-set';

type CsvData = Extract<Scenario['data'], { csv: string }>;

/** Share of the people, or of the windows of each label, that judge. */
const testShare = 0.25;

/**
 * The windows of a CSV file, cut as `ftte-window` cuts them: those with a label, if it has labels. The file is read twice:
 * for its labels, people and rate, and for its windows.
 * @param onNotice receives problems of rows, each once
 * @param fewestLabels labels that the file needs, 0 or 2
 * @throws FtteError `recording-invalid`, `scenario-invalid` naming the field
 */
export async function loadCsv(
  spec: CsvData,
  onNotice: (text: string) => void,
  fewestLabels: number,
): Promise<DataSet> {
  const source = await openFile(spec, onNotice);
  const { labels, people, rateHz } = await survey(source, spec, fewestLabels);
  const { length, hop = length } = spec;
  const description = {
    name: basename(spec.csv),
    labels,
    input: {
      channels: source.channels.map((name, i) => {
        // The first pass has seen all of them. Their order in the file is no order.
        const categories = source.categories[i]?.toSorted();
        return { name, unit: source.units[i] ?? '', ...(categories && { categories }) };
      }),
      ...{ rateHz, length, hop },
    },
  };
  // Cut, but not normalised: the scenario's task decides on the normalisation.
  const { input } = parseTask({
    name: 'csv',
    // Only the input is of interest; the file may have no labels.
    labels: ['one', 'other'],
    model: { preset: 'mlp' },
    input: { ...description.input, normalisation: 'none' },
  });
  const windower = new Windower({ input, labels, onNotice: ({ text }) => onNotice(text) });
  const windows: LabelledWindow[] = [];
  const keep = (cut: readonly LabelledWindow[]) => {
    for (const window of cut) if (window.label !== undefined || labels.length === 0) windows.push(window);
  };
  for await (const reading of source.readings())
    keep(windower.pushReading({ ...reading, values: withTexts(reading.values, source.categories) }));
  keep(windower.flush());
  const isTest = judging(windows, people, spec.testPeople);
  const builder = new DataSetBuilder();
  for (const [i, { window, label, subject }] of windows.entries())
    builder.add(window, label ?? 0, subject, isTest(i) ? 1 : 0);
  const channels = input.channels.map(({ name, unit, category }) => ({
    ...{ name, unit },
    ...(category && { category }),
  }));
  return builder.build({ ...description, input: { ...description.input, channels } });
}

function openFile(spec: CsvData, onNotice: (text: string) => void): Promise<CsvSource> {
  const { csv, decimal, separator, header, encoding, missing } = spec;
  return CsvSource.open(csv, {
    ...{ separator, header, encoding, missing, time: spec.times },
    decimal: decimal && (decimal === 'comma' ? ',' : '.'),
    columns: spec.channels,
    timeColumn: spec.time,
    labelColumn: spec.label,
    subjectColumn: spec.person,
    onNotice: ({ text }) => onNotice(text),
  });
}

/** Labels, people and rate of a file. @throws FtteError `scenario-invalid` if it has too few labels, or no rate */
async function survey(source: CsvSource, spec: CsvData, fewestLabels: number) {
  const measure = new StreamMeasure(source.channels, source.units);
  for await (const reading of source.readings()) measure.add(reading);
  const figures = measure.figures;
  const labels = Object.keys(figures.labels).sort();
  if (labels.length < fewestLabels) {
    const column = spec.label === undefined ? 'a column of labels' : `"${spec.label}"`;
    throw scenarioInvalid(
      'data.label',
      `${labels.length}`,
      `${column} with two labels or more in ${spec.csv}`,
    );
  }
  const rateHz = spec.rateHz ?? source.rateHz ?? figures.rateHz;
  if (rateHz === undefined)
    throw scenarioInvalid('data.rateHz', 'nothing', `a number, as ${spec.csv} has no times`);
  return { labels, people: Object.keys(figures.people), rateHz };
}

/** Which windows judge: those of some people, or the last ones of each label. @throws FtteError `scenario-invalid` */
function judging(
  windows: readonly LabelledWindow[],
  people: readonly string[],
  chosen: readonly string[] | undefined,
): (window: number) => boolean {
  const unknown = chosen?.find((name) => !people.includes(name));
  if (unknown !== undefined)
    throw scenarioInvalid('data.testPeople', unknown, people.length > 0 ? `some of ${people}` : 'nothing');
  if (people.length > 1) {
    const count = Math.max(1, Math.floor(testShare * people.length));
    const test = new Set(chosen ?? people.slice(-count));
    return (i) => test.has(windows[i]!.subject ?? '');
  }
  const left = new Map<number, number>();
  for (const { label = 0 } of windows) left.set(label, (left.get(label) ?? 0) + 1);
  const last = new Set<number>();
  const wanted = new Map([...left].map(([label, count]) => [label, Math.ceil(testShare * count)]));
  for (let i = windows.length - 1; i >= 0; i--) {
    const { label = 0 } = windows[i]!;
    const open = wanted.get(label) ?? 0;
    if (open > 0) last.add(i);
    wanted.set(label, open - 1);
  }
  return (i) => last.has(i);
}
