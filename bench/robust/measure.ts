import {
  createPool,
  type Prepared,
  parseScenario,
  prepare,
  type ScenarioInput,
  simulateSeed,
} from '../../gateway/simulation';
import type { TaskInput } from '../../gateway/task';
import { dataFolder } from '../support/recordings';
import { attacks } from './attacks';
import { attackersOf, lyingEngines } from './lying-engines';

/** Data of a federation, and how many gateways it has. */
interface Recording extends Pick<ScenarioInput, 'data'> {
  readonly gateways: number;
  readonly evaluation: ScenarioInput['evaluation'];
}

/** Recordings that the fleets of people are made of. */
export const recordings: Readonly<Record<string, Recording>> = {
  hapt: {
    gateways: 20,
    data: { folder: dataFolder('hapt'), mostOfEachLabel: 8 },
    evaluation: { maxWindows: 1000, clientHoldOut: 0.1 },
  },
  // Data and gateways of `npm run bench:learning`; as in all rows here, three judged versions are averaged.
  mitbih: {
    gateways: 21,
    data: { folder: dataFolder('mitbih'), without: ['Q'], mostOfEachLabel: 300, intervals: true },
    evaluation: { maxWindows: 100_000, clientHoldOut: 0, federated: true },
  },
};

/** Splits of the windows among gateways. */
export const mixes: Readonly<Record<string, ScenarioInput['partition']>> = {
  'by-person': { kind: 'by-person' },
  dirichlet: { kind: 'dirichlet', alpha: 0.1 },
  'one-label': { kind: 'shards', perClient: 1 },
};

/** Models: the settings of a new task, or a small net of layers whose deltas are noisier. */
export const presets: Readonly<Record<string, NonNullable<ScenarioInput['task']>>> = {
  features: { model: { preset: 'features' } },
  mlp: {
    model: { preset: 'mlp', size: 'S' },
    input: { normalisation: 'channel' },
    training: { batchSize: 32, epochs: 2, learningRate: 0.03 },
  },
};

/** Common settings of the runs of one call. */
export interface Setting {
  readonly data: string;
  readonly mix: string;
  readonly preset: string;
  readonly rule: string;
  readonly versions: number;
  /** Digest of the code that is measured. */
  readonly code: string;
}

/** One run. */
export interface Cell {
  readonly robust: string;
  readonly attack: string;
  readonly share: number;
  readonly seed: number;
}

/** The result of a run. */
export interface Run extends Setting, Cell {
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly worstTenth: number;
  readonly perClient: number;
  readonly hostileWeight: number;
  readonly quarantinedHostile: number;
  readonly quarantinedHonest: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Virtual time of each judged version, s, and its balanced accuracy. */
  readonly curve: readonly (readonly [time: number, balancedAccuracy: number])[];
  /** Processor time. */
  readonly seconds: number;
}

function scenarioOf({ data: name, mix, preset, rule, versions }: Setting, robust: string, seed: number) {
  const { data, gateways, evaluation } = recordings[name]!;
  return parseScenario({
    name: 'robust',
    data,
    partition: mixes[mix]!,
    clients: gateways,
    seeds: [seed],
    task: {
      ...presets[preset],
      aggregation: { bufferSize: 10, robust, rule: { kind: rule } } as TaskInput['aggregation'],
    },
    schedule: { kind: 'continuous', concurrency: gateways },
    stop: { versions },
    evaluation: { everyVersions: 10, meanOver: 3, ...evaluation },
  });
}

/** Measures runs of one setting; the recording is read once. */
export class Measurements {
  private readonly prepared = new Map<string, Promise<Prepared>>();

  constructor(private readonly setting: Setting) {}

  async run({ robust, attack, share, seed }: Cell): Promise<Run> {
    const prepared = await this.prepare(robust, seed);
    const pool = createPool({ threads: 0, examples: prepared.examples });
    const attackers = attackersOf(share, recordings[this.setting.data]!.gateways, seed);
    const engineOf = lyingEngines(attacks[attack]!, attackers, prepared.task.labels.length);
    const before = process.cpuUsage();
    const { summary, versions: made } = await simulateSeed(prepared, seed, { pool, engineOf });
    const { user, system } = process.cpuUsage(before);
    await pool.close();
    const hostile = made.flatMap(({ clients, weights }) =>
      weights.filter((_, i) => attackers.has(numberOf(clients[i]!))),
    );
    const quarantined = [...new Set(made.flatMap(({ quarantined: list = [] }) => list))].map(numberOf);
    return {
      ...this.setting,
      ...{ robust, attack, share, seed },
      accuracy: summary.finalAccuracy ?? 0,
      balancedAccuracy: summary.finalBalancedAccuracy ?? 0,
      worstTenth: summary.perClient?.worstTenth ?? 0,
      perClient: summary.perClient?.mean ?? 0,
      hostileWeight: hostile.reduce((sum, weight) => sum + weight, 0) / Math.max(1, made.length),
      quarantinedHostile: quarantined.filter((one) => attackers.has(one)).length,
      quarantinedHonest: quarantined.filter((one) => !attackers.has(one)).length,
      rejected: summary.rejected,
      curve: made.flatMap(({ timeMs, balancedAccuracy }) =>
        balancedAccuracy === undefined ? [] : [[timeMs / 1000, balancedAccuracy] as const],
      ),
      seconds: (user + system) / 1e6,
    };
  }

  private prepare(robust: string, seed: number): Promise<Prepared> {
    const key = `${robust} ${seed}`;
    const known = this.prepared.get(key) ?? prepare(scenarioOf(this.setting, robust, seed));
    // Runs come kind by kind and seed by seed: one at a time is enough.
    this.prepared.clear();
    this.prepared.set(key, known);
    return known;
  }
}

const numberOf = (id: string) => Number(/(\d+)$/.exec(id)?.[1] ?? -1);
