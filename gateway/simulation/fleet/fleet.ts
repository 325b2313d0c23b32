import { choosePlan } from '../../participant';
import { FtteError, shuffle, wrapError } from '../../platform';
import { denseMemory } from '../../selection';
import { type Task, taskModel } from '../../task';
import type { DataSet } from '../data/data-set';
import { partition } from '../data/partition';
import { randomStream } from '../random/random-streams';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { createDelayModel, type DelayModel, type Speed } from './delay';
import { holdBlocksOut } from './held-out-blocks';

/** Gives each client its data, budget, speed and lifetime. Each of these has its own random stream of the seed. */
export function makeFleet(
  scenario: Scenario,
  task: Task,
  data: DataSet,
  training: readonly number[],
  seed: number,
): Fleet {
  const { clients, samplesPerClient, repeat, evaluation } = scenario;
  const spec = { spec: scenario.partition, clients, samplesPerClient, repeat };
  const dealt = partition(data, training, spec, randomStream(seed, 'partition'));
  const delay = createDelayModel(
    scenario.delay,
    clients,
    randomStream(seed, 'speeds'),
    slownessAffinity(scenario, data, dealt),
  );
  const budgets = budgetBytes(scenario, task);
  const classes = budgetClasses(scenario, clients, seed);
  const random = randomStream(seed, 'held-out');
  const lifetimes = makeLifetimes(scenario.availability, clients, seed);
  const divide = (dealtOut: readonly number[]) => {
    if (evaluation.federated) return holdBlocksOut(dealtOut, data, task, random);
    const mine = shuffle([...dealtOut], random);
    const heldOut = mine.length > 1 ? Math.floor(mine.length * evaluation.clientHoldOut) : 0;
    return { samples: mine.slice(heldOut), heldOut: mine.slice(0, heldOut) };
  };
  return {
    delay,
    clients: dealt.map((dealtOut, i) => ({
      id: `client-${String(i).padStart(5, '0')}`,
      ...divide(dealtOut),
      budgetBytes: budgets[classes[i] as number] as number,
      speed: delay.speeds[i] as Speed,
      ...(lifetimes[i] as Lifetime),
    })),
  };
}

/** Properties of one client that are fixed before a run starts. */
export interface ClientProfile {
  readonly id: string;
  /** Windows that it trains on, as indices into the data. */
  readonly samples: readonly number[];
  /** Its own windows that it never trains on, as indices into the data. */
  readonly heldOut: readonly number[];
  readonly budgetBytes: number;
  readonly speed: Speed;
  /** 0 for clients that are there from the start. */
  readonly joinsAtMs: number;
  /** Infinity for clients that stay. */
  readonly leavesAtMs: number;
}

/** The clients of a run, and how long each computes. */
export interface Fleet {
  readonly clients: readonly ClientProfile[];
  readonly delay: DelayModel;
}

/** Share of the slow labels in each client's samples; undefined if slowness does not depend on labels. */
function slownessAffinity(
  { delay }: Scenario,
  data: DataSet,
  dealt: readonly (readonly number[])[],
): readonly number[] | undefined {
  if (delay.kind !== 'stragglers' || !delay.slowLabels) return undefined;
  const slow = new Set(
    delay.slowLabels.map((name) => {
      const label = data.labels.indexOf(name);
      if (label < 0)
        throw scenarioInvalid('delay.slowLabels', `"${name}"`, `one of ${data.labels.join(', ')}`);
      return label;
    }),
  );
  return dealt.map((mine) => mine.filter((i) => slow.has(data.y[i] as number)).length / mine.length);
}

/**
 * Checks that a gateway of each budget has something to train.
 * @throws FtteError `budget-too-small` naming the budget, what came, and what the task needs
 */
export function checkBudgets(scenario: Scenario, task: Task): void {
  const model = taskModel(task);
  for (const [i, bytes] of budgetBytes(scenario, task).entries()) {
    try {
      choosePlan(task, model, bytes, 0);
    } catch (error) {
      if (!(error instanceof FtteError) || error.code !== 'budget-too-small') throw error;
      throw wrapError(error.code, `budgets.${i}.bytes`, error, error.details);
    }
  }
}

/** Bytes of each budget class. */
function budgetBytes({ budgets }: Scenario, task: Task): number[] {
  const { optimiser, batchSize } = task.training;
  const dense = () => denseMemory(taskModel(task), optimiser, batchSize).peakBytes;
  return budgets.map(({ bytes }) => (bytes === 'dense' ? dense() : bytes));
}

/** Budget class of each client: the shares rounded to whole clients, in random order. */
function budgetClasses({ budgets }: Scenario, clients: number, seed: number): number[] {
  const places = randomStream(seed, 'budgets');
  const order = Array.from({ length: clients }, (_, i) => ({ i, at: places.uniform() })).sort(
    (a, b) => a.at - b.at,
  );
  const classes = new Array<number>(clients).fill(budgets.length - 1);
  let from = 0;
  let sum = 0;
  budgets.forEach(({ share }, budgetClass) => {
    sum += share;
    const to = Math.round(sum * clients);
    for (const { i } of order.slice(from, to)) classes[i] = budgetClass;
    from = to;
  });
  return classes;
}

type Lifetime = Pick<ClientProfile, 'joinsAtMs' | 'leavesAtMs'>;

function makeLifetimes(
  { joiners, leavers }: Scenario['availability'],
  clients: number,
  seed: number,
): Lifetime[] {
  const random = randomStream(seed, 'lifetimes');
  return Array.from({ length: clients }, () => {
    const joins = joiners && random.uniform() < joiners.share ? random.uniform() * joiners.untilMs : 0;
    const leaves =
      leavers && random.uniform() < leavers.share
        ? leavers.fromMs + random.uniform() * Math.max(0, leavers.untilMs - leavers.fromMs)
        : Number.POSITIVE_INFINITY;
    // No client leaves before it has joined.
    return { joinsAtMs: Math.min(joins, leaves), leavesAtMs: leaves };
  });
}
