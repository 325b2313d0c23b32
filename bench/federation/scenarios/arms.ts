import type { ScenarioInput } from '../../../gateway/simulation';
import type { TaskInput } from '../../../gateway/task';
import type { Steps } from '../runs/steps';
import type { Conditions } from './conditions';

type Aggregation = NonNullable<TaskInput['aggregation']>;

/** A combination of settings that the tables compare. */
export interface Arm {
  readonly name: string;
  /** Contributions per version. */
  readonly bufferSize: number;
  readonly aggregation: Aggregation;
  /** Server rate: the best of `rates` on the people kept aside. Absent: the default of the package. */
  readonly rate?: number;
  /** Rates that were tried. */
  readonly rates?: readonly number[];
  readonly training?: TaskInput['training'];
  /** Memory for training, bytes. Absent: dense training. */
  readonly budget?: number;
  /** Classes of gateways with different memory, instead of `budget`. */
  readonly budgets?: ScenarioInput['budgets'];
  readonly selection?: TaskInput['selection'];
  /** Encoding of updates, patches and catch-ups. */
  readonly encoding: 'float32' | 'int8' | 'auto';
  /** Steps of the encodings of `auto`. Absent: those of the package. */
  readonly steps?: Steps;
  /** Samples that the coordinator trains on before the gateways do. */
  readonly warmStart?: ScenarioInput['warmStart'];
  /** The schedule of rounds. Absent: the coordinator grants them. */
  readonly schedule?: ScenarioInput['schedule'];
  /** The model that is judged: the newest, or the average of the last versions. */
  readonly model: 'current' | 'average';
}

/** Contributions between two judgements, whatever the size of a version. */
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
        // The rules of others do without.
        robust: 'none',
        // No age limit: the rule decides on the weight of old contributions.
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
    // The version of a warm start has no contributions.
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

/** The server rate in the place where the rule has it. */
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

/** Local training of every arm without settings of its own. Windows as they are, and drawn as often as they come. */
const common: TaskInput['training'] = {
  batchSize: 8,
  epochs: 2,
  learningRate: 0.05,
  optimiser: { kind: 'sgd', momentum: 0.9 },
  augmentation: 'none',
  balance: 'none',
};
