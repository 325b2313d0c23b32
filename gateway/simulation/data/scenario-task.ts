import { isSynchronous } from '../../coordinator';
import { FtteError } from '../../platform';
import { parseTask, type Task, type TaskInput } from '../../task';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { channelMoments, type DataSet } from './data-set';

/** Longer than any simulation: a synchronous round waits for its clients. */
const neverMs = Number.MAX_SAFE_INTEGER;

/**
 * The task that a scenario's federation works on: what it says, with what the data knows filled in. Centre and spread
 * of the channels are measured on the training windows. A synchronous schedule brings synchronous averaging, its buffer,
 * an age limit of 0 (who is late is not heard) and no time limit; each where the task does not say otherwise. Who trains when is the
 * schedule's to say, and on whose samples the coordinator trains first is the scenario's.
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
  // Fleets are dealt labelled windows, and what is reported is accuracies.
  if (own.kind !== undefined && own.kind !== 'classification')
    throw scenarioInvalid('task.kind', own.kind, 'classification, which alone can be simulated');
  if (own.warmStart !== undefined) {
    throw scenarioInvalid(
      'task.warmStart',
      JSON.stringify(own.warmStart),
      'it left out: the warmStart of the scenario says whose samples, and how many epochs',
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
      `left out, or schedule granted instead of ${schedule.kind}`,
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
  const wanted = [data.input.length, data.input.channels.length];
  if (length !== wanted[0] || channels.length !== wanted[1]) {
    throw scenarioInvalid('task.input', `[${length}, ${channels.length}]`, `the data's [${wanted}]`);
  }
  if (task.labels.length !== data.labels.length) {
    throw scenarioInvalid('task.labels', `${task.labels.length}`, `the data's ${data.labels.length}`);
  }
  if (schedule.kind === 'rounds' && task.aggregation.bufferSize !== schedule.clients) {
    throw scenarioInvalid(
      'task.aggregation.bufferSize',
      `${task.aggregation.bufferSize}`,
      `schedule.clients, ${schedule.clients}: a round is one buffer`,
    );
  }
  return task;
}
