import { extname } from 'node:path';
import {
  arrivingInput,
  type CsvOptions,
  CsvSource,
  chosenReading,
  completeRows,
  labelIndex,
  normalise,
  PersonScales,
  placesOf,
  type ReadingSource,
  RecordingSource,
  readLabel,
  readMeta,
  StreamMeasure,
  Windower,
} from '../../stream';
import { type Task, taskSampleRows } from '../../task';

/** A sample that judges a model. */
export interface JudgingSample {
  /** Normalised, `[sample rows, channels]`. */
  readonly window: Float32Array;
  /** Name of its label, if the data has one. */
  readonly label: string | undefined;
  readonly person: string | undefined;
}

/** Options of the data that judge. */
export interface WindowsOptions {
  readonly csv: CsvOptions;
  /** Part of a recording. Default: its test part, if it has one. */
  readonly split: 'train' | 'test' | 'all' | undefined;
  readonly onNotice: (text: string) => void;
}

/**
 * The samples of a folder of recordings or of a CSV file, cut and normalised as the task says. Windows that the authors
 * of a recording cut are taken as they are, if they are as long as the task's.
 * @throws FtteError `recording-invalid` naming a channel that is missing, or the file
 */
export async function readSamples(
  path: string,
  task: Task,
  options: WindowsOptions,
): Promise<{ readonly samples: readonly JudgingSample[]; readonly from: string }> {
  const names = measuredNames(task);
  if (['.csv', '.tsv', '.txt', '.arff'].includes(extname(path).toLowerCase())) {
    const source = await CsvSource.open(path, {
      ...options.csv,
      columns: options.csv.columns ?? arrivingNames(task),
      onNotice: ({ text }) => options.onNotice(text),
    });
    const labels = allLabels(task, await labelsOf(source), options.onNotice);
    return { samples: await cut(path, source, task, labels, options.onNotice), from: source.recognised };
  }
  const [source, part] = await openRecording(path, options.split);
  const from = `${source.meta.name ?? path}, ${part === 'all' ? 'all of it' : `its ${part} part`}`;
  const hasTexts = task.input.channels.some(({ category }) => category !== undefined);
  const isCut = task.kind !== 'forecast' && !hasTexts && source.windowLength === task.input.length;
  const labels = allLabels(task, source.labels, options.onNotice);
  if (!isCut) return { samples: await cut(path, source, task, labels, options.onNotice), from };
  const places = placesOf(path, source, names);
  const scales = new PersonScales(task.input);
  const samples: JudgingSample[] = [];
  for (const { window, labelName, subject } of source.windows()) {
    const chosen = completeRows(pick(window, source.channels.length, places), task.input);
    normalise(chosen, task.input, scales.of(subject));
    samples.push({ window: chosen, label: labels[readLabel(labelName, labels)], person: subject });
  }
  return { samples, from };
}

/** Channels that the data has to have: all but those that say where others had values. */
const measuredNames = ({ input }: Task): string[] =>
  input.channels.filter(({ presence }) => !presence).map(({ name }) => name);

/** Channels that readings have: what is measured at beats, and where others had values, the windower adds. */
const arrivingNames = ({ input }: Task): string[] => arrivingInput(input).channels.map(({ name }) => name);

async function openRecording(path: string, split: WindowsOptions['split']) {
  const part = split ?? ((await readMeta(path)).files.split ? 'test' : 'all');
  return [await RecordingSource.open(path, { split: part }), part] as const;
}

/**
 * Labels of the task, and after them others of the data, whose windows judge nothing or are anomalies. Labels of the data
 * are those of the task as at a window node: also in another case, or as places if all numbers among them are places.
 */
function allLabels(
  { labels }: Task,
  ofData: readonly string[],
  onNotice: WindowsOptions['onNotice'],
): string[] {
  const indices = new Map(ofData.map((name) => [name, labelIndex(name, labels)]));
  const isNumber = (name: string) => name.trim() !== '' && Number.isFinite(Number(name));
  const others = ofData.filter((name) => indices.get(name) === undefined);
  const places = ofData.filter(
    (name) => isNumber(name) && !others.includes(name) && !labels.some((label) => isNumber(label)),
  );
  if (others.some(isNumber)) return [...labels, ...others, ...places];
  if (places.length > 0) {
    const read = places.map((name) => `${name} as ${labels[indices.get(name) ?? 0]}`).join(', ');
    onNotice(`labels of the data are read as places in the task's list: ${read}`);
  }
  return [...labels, ...others];
}

async function labelsOf(source: CsvSource): Promise<string[]> {
  const measure = new StreamMeasure(source.channels, source.units);
  for await (const reading of source.readings()) measure.add(reading);
  return Object.keys(measure.figures.labels).sort();
}

/** Windows as `ftte-window` cuts them. */
async function cut(
  path: string,
  source: ReadingSource,
  task: Task,
  labels: readonly string[],
  onNotice: (text: string) => void,
): Promise<JudgingSample[]> {
  const places = placesOf(path, source, arrivingNames(task));
  const following = taskSampleRows(task) - task.input.length;
  const windower = new Windower({
    input: task.input,
    labels,
    ...(following > 0 && { following }),
    onNotice: ({ text }) => onNotice(text),
  });
  const samples: JudgingSample[] = [];
  const keep = (windows: ReturnType<Windower['flush']>) => {
    for (const { window, sample, labelName, subject } of windows) {
      const chosen = following > 0 ? sample : window;
      if (chosen) samples.push({ window: chosen, label: labelName, person: subject });
    }
  };
  for await (const reading of source.readings())
    keep(windower.pushReading(chosenReading(reading, places, source.categories)));
  keep(windower.flush());
  return samples;
}

function pick(window: Float32Array, width: number, places: readonly number[]): Float32Array {
  const rows = window.length / width;
  const chosen = new Float32Array(rows * places.length);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < places.length; i++)
      chosen[row * places.length + i] = window[row * width + places[i]!]!;
  return chosen;
}
