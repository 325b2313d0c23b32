import type { ModelSpec } from '../../model';
import { FtteError, type Random, shuffle } from '../../platform';
import { type Task, taskModel } from '../../task';
import { loadData, normalised } from '../data/data-set';
import { taskOf } from '../data/scenario-task';
import { splitData } from '../data/split';
import { setWarmStartApart, type WarmStart } from '../data/warm-start';
import type { Examples } from '../pool/pool-host';
import { stream } from '../random/random-streams';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { type ClientProfile, type Fleet, makeFleet } from './fleet';

/** A scenario with its data in memory: all that its runs have in common. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly task: Task;
  readonly model: ModelSpec;
  readonly examples: Examples;
  /** Who judges: `validation` or `test`. */
  readonly judges: 'validation' | 'test';
  /** Windows that judge versions, in groups of fixed size. */
  readonly judging: readonly Uint32Array[];
  /** What the coordinator trains on before the gateways do; undefined without a warm start. */
  readonly warmStart: WarmStart | undefined;
  /** The fleet of one seed. @throws FtteError `scenario-invalid` */
  fleet(seed: number): Fleet;
}

/** Windows that are judged in one piece; fixed, so that sums come out the same on any number of threads. */
const judgedTogether = 256;

/**
 * Which people are for validation is the same for all seeds, or tuning would touch them all in the end; those of a warm
 * start are, too, because the task goes by them.
 */
const validationSeed = 0;

/**
 * Loads a scenario's data and settles what all its runs share.
 * @throws FtteError `scenario-invalid`, `recording-invalid`
 */
export async function prepare(scenario: Scenario): Promise<Prepared> {
  const data = await loadData(scenario.data);
  const split = splitData(data, scenario.validation, stream(validationSeed, 'validation'));
  const { warmStart, gateways } = setWarmStartApart(
    data,
    split.training,
    scenario.warmStart,
    stream(validationSeed, 'warm-start'),
  );
  // Measured on the samples of a warm start, too: with it and without, the model sees the same values.
  const task = taskOf(scenario, data, split.training, warmStart?.task);
  const judges = scenario.evaluation.on ?? (split.validation.length > 0 ? 'validation' : 'test');
  if (split[judges].length === 0) {
    throw scenarioInvalid(
      'evaluation.on',
      judges,
      judges === 'test' ? 'test people in the data' : 'validation people',
    );
  }
  const examples = normalised(data, task.input);
  const judging = someOf(split[judges], scenario.evaluation.maxWindows, stream(validationSeed, 'judging'));
  const groups: Uint32Array[] = [];
  for (let from = 0; from < judging.length; from += judgedTogether) {
    groups.push(Uint32Array.from(judging.slice(from, from + judgedTogether)));
  }
  return {
    scenario,
    task,
    model: taskModel(task),
    examples,
    judges,
    judging: groups,
    warmStart,
    fleet: (seed) => requireSamples(makeFleet(scenario, task, data, gateways, seed)),
  };
}

/**
 * At most `most` of the windows, in their order. Drawn, not every so-manieth: where labels take turns, even steps would
 * miss some of them.
 */
function someOf(windows: readonly number[], most: number, random: Random): number[] {
  if (windows.length <= most) return [...windows];
  return shuffle([...windows], random)
    .slice(0, most)
    .sort((a, b) => a - b);
}

function requireSamples(fleet: Fleet): Fleet {
  const empty = fleet.clients.find((client: ClientProfile) => client.samples.length === 0);
  if (!empty) return fleet;
  throw new FtteError(
    'scenario-invalid',
    `clients: ${empty.id} got no samples, wanted fewer clients or more samples`,
    {
      field: 'clients',
    },
  );
}
