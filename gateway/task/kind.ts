import type { Loss, Target } from '../model';
import { FtteError } from '../platform';
import type { Task } from './schema';

/** Losses that suit a kind of task; the first is what `auto` means. */
const lossesOf: Record<Task['kind'], readonly [Loss, ...Loss[]]> = {
  classification: ['softmax-cross-entropy', 'binary-cross-entropy'],
  forecast: ['mean-squared-error', 'huber'],
  anomaly: ['mean-squared-error', 'huber'],
};

/** The loss that trains the task's model. */
export const taskLoss = (task: Task): Loss =>
  task.training.loss === 'auto' ? lossesOf[task.kind][0] : task.training.loss;

/** Target of a sample of the task. */
export function taskTarget(task: Task): Target {
  if (task.kind === 'classification') return { kind: 'class' };
  if (task.kind === 'anomaly') return { kind: 'input' };
  return { kind: 'following', rows: task.forecast?.horizon ?? 1, channels: forecastChannels(task) };
}

/** Numbers at the end of the task's model. */
export function taskOutputs(task: Task): number {
  const { input, labels, forecast } = task;
  if (task.kind === 'anomaly') return input.length * input.channels.length;
  if (task.kind === 'forecast') return (forecast?.horizon ?? 1) * forecastChannels(task).length;
  return labels.length === 2 && taskLoss(task) === 'binary-cross-entropy' ? 1 : labels.length;
}

/** Readings in a sample of the task: a window and, for a forecast, what follows it. */
export const taskSampleRows = (task: Task): number =>
  task.input.length + (task.kind === 'forecast' ? (task.forecast?.horizon ?? 1) : 0);

/**
 * The part of a sample by which a forecast is judged: readings that the model sees, readings after them that it predicts, channels
 * of a reading, and indices of those that are predicted. Undefined: the task predicts no readings.
 */
export function forecastShape(task: Task) {
  const target = taskTarget(task);
  if (target.kind !== 'following') return undefined;
  const { length, channels } = task.input;
  return { length, horizon: target.rows, channels: channels.length, predicted: target.channels };
}

/** Share of the ordinary windows that a task for anomalies may call anomalies. */
export const allowedFalseAlarms = ({ anomaly }: Pick<Task, 'anomaly'>): number =>
  anomaly?.falseAlarms ?? 0.01;

/** Indices of the channels that a forecast predicts. */
function forecastChannels({ input, forecast }: Task): number[] {
  const names = input.channels.map((channel) => channel.name);
  return (forecast?.channels ?? names).map((name) => names.indexOf(name));
}

/**
 * Checks what depends on the kind of task.
 * @throws FtteError `task-invalid` naming the field, what came and what was expected
 */
export function checkKind(task: Task): void {
  const { kind, labels, training } = task;
  const wrong = (field: string, text: string) =>
    new FtteError('task-invalid', `${field}: ${text}`, { field });
  if (kind === 'classification' && labels.length < 2) {
    throw wrong('labels', `expected 2 or more for a classification, got ${labels.length}`);
  }
  if (kind !== 'classification' && labels.length > 0) {
    throw wrong('labels', `expected none, as kind "${kind}" learns without labels, got ${labels.length}`);
  }
  if (kind === 'forecast' && !task.forecast) {
    throw wrong('forecast', 'is missing, expected { horizon } for kind "forecast": how many readings ahead');
  }
  for (const field of ['forecast', 'anomaly'] as const) {
    if (task[field] && kind !== field)
      throw wrong(field, `belongs to kind "${field}", the task is "${kind}"`);
  }
  if (kind === 'forecast' && task.input.normalisation === 'person')
    throw wrong('input.normalisation', 'is "person", expected "channel", "window" or "none" for a forecast');
  const known = task.input.channels.map((channel) => channel.name);
  const chosen = task.forecast?.channels ?? [];
  chosen.forEach((name, i) => {
    if (!known.includes(name)) {
      throw wrong(
        `forecast.channels.${i}`,
        `"${name}" is not a channel, expected one of ${known.join(', ')}`,
      );
    }
    if (chosen.indexOf(name) !== i) throw wrong(`forecast.channels.${i}`, `"${name}" is there twice`);
  });
  if (training.loss !== 'auto' && !lossesOf[kind].includes(training.loss)) {
    throw wrong(
      'training.loss',
      `"${training.loss}" does not suit kind "${kind}", expected one of auto, ${lossesOf[kind].join(', ')}`,
    );
  }
}
