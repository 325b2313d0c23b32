import { type LayerSpec, type ModelSpec, parameterLayout, sizeOf } from '../model';
import { FtteError } from '../platform';
import { type Task, type TaskInput, taskModel } from '../task';
import { Problems } from './format/problems';
import type { ImportedLayers, ImportedModel } from './read/read-layers-model';

/**
 * The layers of a task of a kind: what a classification's loss does (softmax, sigmoid) is left to it, elsewhere a
 * sigmoid at the end is a layer like any other.
 */
export function taskLayers({ layers, head }: ImportedLayers, kind: Task['kind']): LayerSpec[] {
  return kind !== 'classification' && head === 'sigmoid' ? [...layers, { type: 'sigmoid' }] : [...layers];
}

/**
 * A task with the model's layers in place of its own, checked to fit.
 * @throws FtteError `model-invalid` naming all that does not fit: channels, length, outputs
 */
export function taskWithModel<T extends Task | TaskInput>(task: T, model: ImportedLayers): T {
  const kind = task.kind ?? 'classification';
  const problems = new Problems();
  const [length, channels] = model.input;
  const { input, labels = [] } = task;
  if (channels !== input.channels.length) {
    const names = input.channels.map(({ name }) => name).join(', ');
    problems.add(`it takes ${channels} channels, the task has ${input.channels.length}: ${names}`);
  }
  if (length !== input.length)
    problems.add(`it takes ${length} readings, the task's window has ${input.length}`);
  const outputs = sizeOf(model.output);
  if (kind === 'classification') {
    const binary = model.head === 'sigmoid' && outputs === 1 && labels.length === 2;
    if (!binary && outputs !== labels.length) {
      problems.add(`it gives ${outputs} outputs, the task has ${labels.length} labels: ${labels.join(', ')}`);
    }
    if (model.output.length !== 1)
      problems.add(`it gives [${model.output}], expected one axis for a classification`);
  } else {
    if (model.head === 'softmax')
      problems.add(`it ends in softmax, as classifiers do; the task is of kind "${kind}"`);
    const wanted = kind === 'anomaly' ? length * channels : forecastValues(task);
    if (outputs !== wanted) problems.add(`it gives ${outputs} values, expected ${wanted} for the task`);
  }
  problems.throwIfAny(`model "${model.name}" does not fit the task "${task.name}"`);
  const loss =
    kind === 'classification' && model.head === 'sigmoid' ? { loss: 'binary-cross-entropy' as const } : {};
  return {
    ...task,
    model: { layers: taskLayers(model, kind) },
    training: { ...task.training, ...loss },
  };
}

/**
 * A task for a model that comes without one, as far as the file shows: channels and labels have names of its metadata
 * or numbers.
 */
export function taskOfModel(model: ImportedLayers): TaskInput {
  const { metadata, output, head } = model;
  const [length, channels] = model.input;
  const outputs = sizeOf(output);
  const kind =
    metadata?.kind ??
    (output.length === 1 && (head !== 'none' || outputs !== length * channels)
      ? 'classification'
      : 'anomaly');
  const known = metadata?.input.channels.length === channels ? metadata.input : undefined;
  const count = outputs === 1 ? 2 : outputs;
  const labels = metadata?.labels.length === count ? metadata.labels : numbered('label', count);
  const named = known?.channels.map(({ name, unit, centre, spread }) => ({ name, unit, centre, spread }));
  const skeleton: TaskInput = {
    name: metadata?.task ?? model.name,
    kind,
    input: {
      channels: named ?? numbered('channel', channels).map((name) => ({ name })),
      rateHz: known?.rateHz ?? 50,
      length,
      hop: known?.hop ?? Math.max(1, Math.floor(length / 2)),
      ...(known ? { normalisation: known.normalisation } : {}),
    },
    ...(kind === 'classification' ? { labels } : {}),
    ...(metadata?.forecast
      ? { forecast: { horizon: metadata.forecast.horizon, channels: metadata.forecast.channels } }
      : {}),
    model: { layers: taskLayers(model, kind) },
  };
  return taskWithModel(skeleton, model);
}

/**
 * The parameters of an imported model for a task that has its layers already.
 * @throws FtteError `model-invalid` naming the first layer in which they differ
 */
export function parametersFor(task: Task, model: ImportedModel): Float32Array {
  const own = taskModel(task);
  const given = taskModel(taskWithModel(task, model));
  const [ours, theirs] = [own, given].map((spec: ModelSpec) => spec.layers.map(plain)) as [
    string[],
    string[],
  ];
  const first = Array.from({ length: Math.max(ours.length, theirs.length) }, (_, i) => i).find(
    (i) => ours[i] !== theirs[i],
  );
  if (first !== undefined) {
    const text = `layer ${first} of the task is ${ours[first] ?? 'missing'}, of the model "${model.name}" ${theirs[first] ?? 'missing'}: take the model's layers into the task`;
    throw new FtteError('model-invalid', text, { layer: first });
  }
  return model.parameters;
}

/** A layer's arithmetic, without names. */
function plain({ name: _, ...spec }: LayerSpec): string {
  return JSON.stringify(Object.fromEntries(Object.entries(spec).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function forecastValues({ forecast, input }: Task | TaskInput): number {
  return (forecast?.horizon ?? 1) * (forecast?.channels?.length ?? input.channels.length);
}

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i + 1}`);

/** Checks a flat vector against a model. @throws FtteError `model-invalid` */
export function checkParameters(model: ModelSpec, parameters: Float32Array): void {
  const wanted = parameterLayout(model).size;
  if (parameters.length !== wanted) {
    throw new FtteError('model-invalid', `got ${parameters.length} parameters, the model has ${wanted}`);
  }
  const strange = parameters.findIndex((value) => !Number.isFinite(value));
  if (strange < 0) return;
  throw new FtteError(
    'model-invalid',
    `parameter ${strange} is ${parameters[strange]}, expected finite numbers`,
  );
}
