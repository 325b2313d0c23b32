import { PeopleTally, type Quality } from '../../coordinator';
import { createEngine, type Program, type Samples } from '../../engine';
import { type Detection, detectionAt, reconstructionErrors } from '../../metrics';
import { allowedFalseAlarms, type Task, taskModel } from '../../task';
import type { ReadModel } from '../files/read-model';
import type { JudgingSample } from './windows';

/** The quality of a model on data, of all people together and by person. */
export interface Evaluation {
  readonly quality: Quality;
  /** People with samples; empty if the data names nobody. */
  readonly people: Readonly<
    Record<string, Pick<Quality, 'balancedAccuracy' | 'meanAbsoluteError' | 'windows'>>
  >;
  /** Samples without a label of the task, which judge nothing. */
  readonly unlabelled: number;
  /** Of anomalies: found at the false-alarm rate of the task, if labels say what is ordinary. */
  readonly detection: Detection | undefined;
}

const chunkBytes = 256 * 1024;

/**
 * Judges a model.
 * @param ordinary labels of what is no anomaly, for a task that finds anomalies; empty: unknown
 * @returns undefined if no sample can judge it
 */
export function judge(
  { task, parameters }: ReadModel,
  samples: readonly JudgingSample[],
  ordinary: readonly string[],
): Evaluation | undefined {
  const usable =
    task.labels.length > 0 ? samples.filter(({ label }) => task.labels.includes(label ?? '')) : samples;
  if (usable.length === 0) return undefined;
  const program = createEngine('auto').compile({ model: taskModel(task) });
  program.loadParameters(parameters);
  const tally = new PeopleTally(task);
  for (const [person, own] of byPerson(usable))
    for (const batch of batches(task, own)) tally.add(person, program.evaluate(batch), batch);
  return {
    quality: tally.quality,
    people: Object.fromEntries(tally.qualities),
    unlabelled: samples.length - usable.length,
    detection: task.kind === 'anomaly' ? detectionOf(task, program, usable, ordinary) : undefined,
  };
}

function byPerson(samples: readonly JudgingSample[]): Map<string | undefined, JudgingSample[]> {
  const groups = new Map<string | undefined, JudgingSample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.person);
    if (group) group.push(sample);
    else groups.set(sample.person, [sample]);
  }
  return groups;
}

function* batches(task: Task, samples: readonly JudgingSample[]): Iterable<Samples> {
  const size = samples[0]?.window.length ?? 1;
  const step = Math.max(1, Math.floor(chunkBytes / (4 * size)));
  for (let from = 0; from < samples.length; from += step) {
    const part = samples.slice(from, from + step);
    const x = new Float32Array(part.length * size);
    part.forEach(({ window }, i) => {
      x.set(window, i * size);
    });
    const y =
      task.labels.length > 0
        ? Uint16Array.from(part, ({ label }) => task.labels.indexOf(label ?? ''))
        : new Uint16Array(0);
    yield { count: part.length, x, y };
  }
}

/** Reconstruction errors of ordinary and of other samples, and what a threshold between them finds. */
function detectionOf(
  task: Task,
  program: Program,
  samples: readonly JudgingSample[],
  ordinary: readonly string[],
): Detection | undefined {
  if (ordinary.length === 0) return undefined;
  const errors: { readonly ordinary: number[]; readonly unusual: number[] } = { ordinary: [], unusual: [] };
  for (const sample of samples) {
    if (sample.label === undefined) continue;
    const { window } = sample;
    const [error = Number.NaN] = reconstructionErrors(window, program.predict(window, 1), 1);
    errors[ordinary.includes(sample.label) ? 'ordinary' : 'unusual'].push(error);
  }
  return detectionAt(errors.ordinary, errors.unusual, allowedFalseAlarms(task));
}
