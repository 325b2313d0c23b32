import { isSynchronous } from '../../coordinator';
import { FtteError } from '../../platform';
import { parseTask, type Task, type TaskInput } from '../../task';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { channelMoments, type DataSet } from './data-set';

/**
 * The task of a scenario's federation: the scenario's task, completed from the data. Centre and spread of the channels
 * are measured on the training windows. A synchronous schedule sets synchronous averaging, its buffer size, an age
 * limit of 0 (late updates are refused) and no time limit, unless the task sets them. The schedule decides which clients
 * train when, and the scenario decides on which samples the coordinator trains first.
 * @throws FtteError `scenario-invalid` naming the task's field
 */
export function taskOf(
  scenario: Scenario,
  data: DataSet,
  training: readonly number[],
  warmStart?: Task['warmStart'],
): Task {
  const own = scenario.task as Partial<TaskInput>;
  const { schedule } = scenario;
  // The clients get labelled windows, and the results are accuracies.
  if (own.kind !== undefined && own.kind !== 'classification')
    throw scenarioInvalid('task.kind', own.kind, 'classification, the only kind that can be simulated');
  if (own.warmStart !== undefined) {
    throw scenarioInvalid(
      'task.warmStart',
      JSON.stringify(own.warmStart),
      'nothing, because the warmStart of the scenario names the samples and the epochs',
    );
  }
  const moments = channelMoments(data, training);
  const rounds = schedule.kind === 'rounds' && {
    rule: { kind: 'fedavg' as const },
    bufferSize: schedule.clients,
    maxAge: 0,
    maxWaitMs: neverMs,
  };
  const granted = schedule.kind === 'granted';
  if (own.aggregation?.participation?.kind === 'granted' && !granted) {
    throw scenarioInvalid(
      'task.aggregation.participation',
      'granted',
      `nothing, or a schedule of kind granted instead of ${schedule.kind}`,
    );
  }
  let task: Task;
  try {
    task = parseTask({
      name: scenario.name.slice(0, 64),
      labels: data.labels,
      model: { preset: 'cnn1d' },
      ...own,
      input: {
        ...data.input,
        channels: data.input.channels.map((channel, i) => ({ ...channel, ...moments[i] })),
        ...own.input,
      },
      training: { minSamples: 1, ...own.training },
      ...(warmStart && { warmStart }),
      aggregation: {
        ...rounds,
        ...own.aggregation,
        ...(granted && { participation: schedule }),
      },
    });
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    const field = `task.${error.details['field'] ?? 'model'}`;
    throw new FtteError('scenario-invalid', `task.${error.message}`, { field }, { cause: error });
  }
  if (granted && own.aggregation?.maxWaitMs === undefined && isSynchronous(task.aggregation)) {
    task = { ...task, aggregation: { ...task.aggregation, maxWaitMs: neverMs } };
  }
  const { length, channels } = task.input;
  const shape = [data.input.length, data.input.channels.length];
  if (length !== shape[0] || channels.length !== shape[1]) {
    throw scenarioInvalid(
      'task.input',
      `[${length}, ${channels.length}]`,
      `[${shape.join(', ')}] as in the data`,
    );
  }
  if (task.labels.length !== data.labels.length) {
    throw scenarioInvalid(
      'task.labels',
      `${task.labels.length} labels`,
      `${data.labels.length} as in the data`,
    );
  }
  if (schedule.kind === 'rounds' && task.aggregation.bufferSize !== schedule.clients) {
    throw scenarioInvalid(
      'task.aggregation.bufferSize',
      `${task.aggregation.bufferSize}`,
      `${schedule.clients} as in schedule.clients, because a round is one buffer`,
    );
  }
  return task;
}

/** Longer than any simulation: a synchronous round waits for all its clients. */
const neverMs = Number.MAX_SAFE_INTEGER;
