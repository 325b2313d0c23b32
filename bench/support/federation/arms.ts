import type { ScenarioInput } from '../../../gateway/simulation';
import type { TaskInput } from '../../../gateway/task';
import type { Conditions } from './conditions';

type Aggregation = NonNullable<TaskInput['aggregation']>;

/** One combination of settings. */
export interface Arm {
  readonly name: string;
  /** Contributions of a version. */
  readonly bufferSize: number;
  readonly aggregation: Aggregation;
  /** Server rate: the one of `rates` that won on the people kept aside; what the package takes by itself without. */
  readonly rate?: number;
  /** What was tried. */
  readonly rates?: readonly number[];
  readonly training?: TaskInput['training'];
  /** Memory for training; dense without. */
  readonly budget?: number;
  /** In its place: classes of gateways with memory of their own. */
  readonly budgets?: ScenarioInput['budgets'];
  readonly selection?: TaskInput['selection'];
  /** Bytes as they come out of training; what is left out: int8. */
  readonly encoding: 'float32' | 'int8';
  /** What the coordinator trains on before the gateways do; nothing where it is left out. */
  readonly warmStart?: ScenarioInput['warmStart'];
  /** Who trains when; granted by the coordinator where it is left out. */
  readonly schedule?: ScenarioInput['schedule'];
  /** Which model is judged, and would be used: the newest, or the average of the last versions. */
  readonly model: 'current' | 'average';
}

/** Judged once in so many contributions, whatever a version takes. */
const judgedEvery = 50;

/** The scenario of an arm under conditions, with one seed. */
export function scenarioOf(
  arm: Arm,
  conditions: Conditions,
  options: { readonly seed: number; readonly on: 'validation' | 'test'; readonly rate?: number },
): ScenarioInput {
  const { bufferSize, encoding, budget = 'dense', warmStart } = arm;
  const versions = Math.max(1, Math.round(conditions.contributions / bufferSize));
  return {
    name: `${arm.name} ${conditions.name}`,
    data: { folder: conditions.data },
    validation: conditions.keptAside,
    ...(warmStart && { warmStart }),
    partition: conditions.partition,
    clients: conditions.clients,
    task: {
      training: { ...common, ...arm.training },
      ...(arm.selection && { selection: arm.selection }),
      aggregation: {
        bufferSize,
        // Nobody is left out for being slow: what old contributions are worth is the rule's business.
        maxAge: 100_000,
        ...arm.aggregation,
        ...withRate(arm.aggregation, options.rate ?? arm.rate),
      },
      encoding: { update: encoding, patch: encoding, catchUp: encoding },
    },
    budgets: arm.budgets ?? [{ share: 1, bytes: budget }],
    delay: conditions.delay,
    network: conditions.network,
    schedule: arm.schedule ?? { kind: 'granted', concurrency: conditions.concurrency },
    // A warm start's version has no contributions.
    stop: { versions: warmStart ? versions + 1 : versions },
    seeds: [options.seed],
    evaluation: {
      on: options.on,
      model: arm.model,
      everyVersions: Math.max(1, Math.round(judgedEvery / bufferSize)),
      maxWindows: 800,
    },
  };
}

/** Where a rule has its rate. */
function withRate({ rule, server }: Aggregation, rate: number | undefined): Partial<Aggregation> {
  if (rate === undefined) return {};
  switch (rule?.kind) {
    case 'fadas':
      return { rule: { ...rule, learningRate: rate } };
    case 'fedasync':
      return { rule: { ...rule, mixing: rate } };
    default:
      return { server: { kind: 'sgd', ...server, learningRate: rate } as Aggregation['server'] };
  }
}

/** Local training, the same for every arm that does not say otherwise. */
const common: TaskInput['training'] = {
  batchSize: 8,
  epochs: 2,
  learningRate: 0.05,
  optimiser: { kind: 'sgd', momentum: 0.9 },
};
