import type { ModelSpec } from '../../model';
import { type Random, shuffle } from '../../platform';
import { type Task, taskModel } from '../../task';
import { type Examples, normaliseExamples } from '../data/examples';
import { loadData } from '../data/load-data';
import { matchData } from '../data/match-data';
import { kindOf, taskOf } from '../data/scenario-task';
import { splitData } from '../data/split';
import { setWarmStartApart, type WarmStart } from '../data/warm-start';
import { randomStream } from '../random/random-streams';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { checkBudgets, type Fleet, makeFleet } from './fleet';
import { ordinaryWindows } from './ordinary-windows';

/**
 * Loads the data of a scenario and prepares what all its runs share.
 * @param onNotice receives problems of the data, each once
 * @throws FtteError `scenario-invalid`, `recording-invalid`, `budget-too-small`
 */
export async function prepare(scenario: Scenario, onNotice?: (text: string) => void): Promise<Prepared> {
  const isLabelled = kindOf(scenario) === 'classification';
  const loaded = await loadData(scenario.data, onNotice, isLabelled ? 2 : 0);
  const split = splitData(loaded, scenario.validation, randomStream(validationSeed, 'validation'));
  const isOrdinary = ordinaryWindows(scenario, loaded);
  const learned = isOrdinary ? split.training.filter(isOrdinary) : split.training;
  if (learned.length === 0)
    throw scenarioInvalid('ordinary', 'no windows of these labels', `windows to train on in ${loaded.name}`);
  const { warmStart, gateways } = setWarmStartApart(
    loaded,
    learned,
    scenario.warmStart,
    randomStream(validationSeed, 'warm-start'),
  );
  // Normalisation is measured on the samples of a warm start, too: the model sees the same values with it and without.
  const task = taskOf(scenario, loaded, learned, warmStart?.task);
  const data = matchData(loaded, task);
  checkBudgets(scenario, task);
  const judges = scenario.evaluation.on ?? (split.validation.length > 0 ? 'validation' : 'test');
  if (split[judges].length === 0) {
    throw scenarioInvalid(
      'evaluation.on',
      'none',
      judges === 'test' ? 'test people in the data' : 'validation people',
    );
  }
  const examples = normaliseExamples(data, task.input);
  const judging = drawSome(
    split[judges],
    scenario.evaluation.maxWindows,
    randomStream(validationSeed, 'judging'),
  );
  const groups: Uint32Array[] = [];
  for (let from = 0; from < judging.length; from += groupSize) {
    groups.push(Uint32Array.from(judging.slice(from, from + groupSize)));
  }
  return {
    scenario,
    task,
    model: taskModel(task),
    examples,
    judges,
    judging: groups,
    isOrdinary,
    warmStart,
    training: gateways,
    person: data.person,
    fleet: (seed) => requireSamples(makeFleet(scenario, task, data, gateways, seed)),
  };
}

/** A scenario with its data in memory: what all its runs share. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly task: Task;
  readonly model: ModelSpec;
  readonly examples: Examples;
  /** The people that judge versions. */
  readonly judges: 'validation' | 'test';
  /** Windows that judge versions, as indices into the examples, in groups of a fixed size. */
  readonly judging: readonly Uint32Array[];
  /** Whether an example is no anomaly; undefined if nothing says so. */
  readonly isOrdinary: ((example: number) => boolean) | undefined;
  /** Samples that the coordinator trains on before the gateways do; undefined without a warm start. */
  readonly warmStart: WarmStart | undefined;
  /** Windows that gateways train on, as indices into the examples. */
  readonly training: readonly number[];
  /** Person of each example; undefined if the data names nobody. */
  readonly person: Uint16Array | undefined;
  /** The fleet of one seed. @throws FtteError `scenario-invalid` */
  fleet(seed: number): Fleet;
}

/** Windows of one group of judging; fixed, so that sums are the same on any number of threads. */
const groupSize = 256;

/**
 * All seeds have the same validation people, or tuning would use all people in the end. They have the same people of a
 * warm start, too, because the task depends on them.
 */
const validationSeed = 0;

/**
 * At most `most` of the windows, in their order. They are drawn, because labels may alternate in the data, and windows at
 * even distances would then miss some labels.
 */
function drawSome(windows: readonly number[], most: number, random: Random): number[] {
  if (windows.length <= most) return [...windows];
  return shuffle([...windows], random)
    .slice(0, most)
    .sort((a, b) => a - b);
}

/** @throws FtteError `scenario-invalid` if a client has no samples */
function requireSamples(fleet: Fleet): Fleet {
  const empty = fleet.clients.find((client) => client.samples.length === 0);
  if (!empty) return fleet;
  throw scenarioInvalid('clients', `none for ${empty.id}`, 'at least one sample for each client');
}
