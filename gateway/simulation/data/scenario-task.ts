import { isSynchronous } from '../../coordinator';
import { FtteError } from '../../platform';
import { parseTask, type Task, type TaskInput } from '../../task';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { channelMoments, type DataSet } from './data-set';

type OwnTask = Partial<TaskInput>;

/**
 * The task of a scenario's federation: the scenario's task, completed from the data. Centre and spread of the channels
 * are measured on the training windows. A synchronous schedule sets synchronous averaging, its buffer size, an age
 * limit of 0 (late updates are refused) and no time limit, unless the task sets them. The schedule decides which clients
 * train when, and the scenario decides on which samples the coordinator trains first. For a forecast, a window of the data
 * is a sample: its last readings are those that are predicted.
 * @throws FtteError `scenario-invalid` naming the task's field
 */
export function taskOf(
  scenario: Scenario,
  data: DataSet,
  training: readonly number[],
  warmStart?: Task['warmStart'],
): Task {
  const own = scenario.task as OwnTask;
  const { schedule } = scenario;
  const kind = kindOf(scenario);
  checkOwn(own, schedule);
  checkJudging(kind, scenario);
  const moments = channelMoments(data, training);
  const channels = data.input.channels.map((channel, i) =>
    channel.category ? channel : { ...channel, ...moments[i] },
  );
  const task = parseOwn({
    name: scenario.name.slice(0, 64),
    labels: kind === 'classification' ? data.labels : [],
    model: { preset: usualPreset[kind] },
    ...own,
    input: { ...data.input, channels, length: lengthOf(own, data), ...own.input },
    training: { minSamples: 1, ...own.training },
    ...(warmStart && { warmStart }),
    aggregation: aggregationOf(own, schedule),
  });
  if (schedule.kind === 'rounds' && task.aggregation.bufferSize !== schedule.clients) {
    throw scenarioInvalid(
      'task.aggregation.bufferSize',
      `${task.aggregation.bufferSize}`,
      `${schedule.clients} as in schedule.clients, because a round is one buffer`,
    );
  }
  const isTimed = own.aggregation?.maxWaitMs !== undefined;
  if (schedule.kind !== 'granted' || isTimed || !isSynchronous(task.aggregation)) return task;
  return { ...task, aggregation: { ...task.aggregation, maxWaitMs: neverMs } };
}

/** Checks settings that a simulation decides, or cannot have. @throws FtteError `scenario-invalid` */
function checkOwn({ warmStart, aggregation }: OwnTask, schedule: Scenario['schedule']): void {
  if (warmStart !== undefined) {
    throw scenarioInvalid(
      'task.warmStart',
      JSON.stringify(warmStart),
      'nothing, because the warmStart of the scenario names the samples and the epochs',
    );
  }
  if (aggregation?.participation?.kind === 'granted' && schedule.kind !== 'granted') {
    throw scenarioInvalid(
      'task.aggregation.participation',
      'granted',
      `nothing, or a schedule of kind granted instead of ${schedule.kind}`,
    );
  }
}

/** Checks settings of the scenario that belong to some kinds of task. @throws FtteError `scenario-invalid` */
function checkJudging(kind: Task['kind'], { ordinary, evaluation, stop }: Scenario): void {
  if (ordinary && kind !== 'anomaly')
    throw scenarioInvalid(
      'ordinary',
      ordinary.join(),
      `nothing, or a task of kind anomaly instead of ${kind}`,
    );
  if (kind === 'classification') return;
  if (evaluation.federated)
    throw scenarioInvalid('evaluation.federated', 'true', `false for a task of kind ${kind}`);
  if (stop.targetAccuracy !== undefined) {
    const expected = `nothing, because a task of kind ${kind} has no accuracy`;
    throw scenarioInvalid('stop.targetAccuracy', `${stop.targetAccuracy}`, expected);
  }
}

/** Readings that the model sees of a window of the data. @throws FtteError `scenario-invalid` if none are left */
function lengthOf({ kind, forecast }: OwnTask, { input }: DataSet): number {
  const horizon = kind === 'forecast' ? forecast?.horizon : undefined;
  if (typeof horizon !== 'number') return input.length;
  if (horizon < input.length) return input.length - horizon;
  throw scenarioInvalid(
    'task.forecast.horizon',
    `${horizon}`,
    `fewer than the ${input.length} readings of a window of the data, whose last ones are predicted`,
  );
}

function aggregationOf(own: OwnTask, schedule: Scenario['schedule']): TaskInput['aggregation'] {
  const rounds = schedule.kind === 'rounds' && {
    rule: { kind: 'fedavg' as const },
    bufferSize: schedule.clients,
    maxAge: 0,
    maxWaitMs: neverMs,
  };
  // With privacy of gateways, rounds are granted if a task says nothing.
  const free = schedule.kind !== 'granted' && { participation: { kind: 'free' as const } };
  const granted = schedule.kind === 'granted' && { participation: schedule };
  return { ...rounds, ...free, ...own.aggregation, ...granted };
}

/** @throws FtteError `scenario-invalid` */
function parseOwn(task: unknown): Task {
  try {
    return parseTask(task);
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    const field = `task.${error.details['field'] ?? 'model'}`;
    throw new FtteError('scenario-invalid', `task.${error.message}`, { field }, { cause: error });
  }
}

/** The kind of a scenario's task, before anything else of it is checked. */
export const kindOf = ({ task }: Pick<Scenario, 'task'>): Task['kind'] => {
  const { kind } = task as OwnTask;
  return kind !== undefined && Object.hasOwn(usualPreset, kind) ? kind : 'classification';
};

/** The model of a task that names none. */
const usualPreset = { classification: 'cnn1d', forecast: 'mlp', anomaly: 'autoencoder1d' } as const;

/** Longer than any simulation: a synchronous round waits for all its clients. */
const neverMs = Number.MAX_SAFE_INTEGER;
