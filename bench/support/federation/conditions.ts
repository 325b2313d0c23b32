import type { ScenarioInput } from '../../../gateway/simulation';

/** Stragglers: share of the gateways, and how many times slower they compute. */
export interface Mix {
  readonly name: string;
  readonly share: number;
  readonly slowdown: number;
}

export const mixes: readonly Mix[] = [
  { name: '0 %', share: 0, slowdown: 1 },
  { name: '10 % x10', share: 0.1, slowdown: 10 },
  { name: '50 % x5', share: 0.5, slowdown: 5 },
  { name: '50 % x10', share: 0.5, slowdown: 10 },
  { name: '90 % x10', share: 0.9, slowdown: 10 },
];

/** What arms are compared under. */
export interface Conditions {
  readonly name: string;
  /** Folder of the recordings. */
  readonly data: string;
  /** Training people (or a share of the samples) that settings are chosen on, and nothing is trained on. */
  readonly keptAside: NonNullable<ScenarioInput['validation']>;
  readonly clients: number;
  readonly partition: NonNullable<ScenarioInput['partition']>;
  readonly delay: NonNullable<ScenarioInput['delay']>;
  readonly network: NonNullable<ScenarioInput['network']>;
  /** Local rounds that run at a time. */
  readonly concurrency: number;
  /** Contributions until the end, the same for every rule: the same work of the gateways. */
  readonly contributions: number;
}

/**
 * What a normal gateway computes while it trains, in operations a second: a microcontroller, or a small gateway that
 * has other things to do.
 */
export const gatewayFlops = 1e7;
/** A narrow line: 1 Mbit/s each way. */
export const line = { upBytesPerSecond: 125_000, downBytesPerSecond: 125_000, latencyMs: 20 };

export function stragglers({ share, slowdown }: Mix): Conditions['delay'] {
  return {
    kind: 'stragglers',
    share,
    slowdown,
    step: { kind: 'estimated', flopsPerSecond: gatewayFlops },
  };
}

const noStragglers = mixes[0] as Mix;

/** hapt on 500 gateways, each with some windows of one person. */
export function wearables(folder: string, mix: Mix, contributions: number): Conditions {
  return {
    name: mix.name,
    data: folder,
    keptAside: { people: 5 },
    clients: 500,
    partition: { kind: 'by-person' },
    delay: stragglers(mix),
    network: line,
    concurrency: 50,
    contributions,
  };
}

/** The same with each gateway's own mix of activities: Dirichlet(0.3). */
export function skewed(folder: string, mix: Mix, contributions: number): Conditions {
  return {
    ...wearables(folder, mix, contributions),
    name: `labels from Dirichlet(0.3), ${mix.name}`,
    partition: { kind: 'dirichlet', alpha: 0.3 },
  };
}

/** Skewed, and the gateways with the most of some activities are the slow ones. */
export function slowByLabel(
  folder: string,
  mix: Mix,
  labels: readonly string[],
  contributions: number,
): Conditions {
  return {
    ...skewed(folder, mix, contributions),
    name: `the most ${labels.join(' and ').toLowerCase()} is slow, ${mix.name}`,
    delay: { ...stragglers(mix), slowLabels: [...labels] } as Conditions['delay'],
  };
}

/** Durations of the FADAS experiments, whatever is computed: fast, medium and slow gateways. */
export function published(folder: string, severity: 'mild' | 'large', contributions: number): Conditions {
  return {
    ...wearables(folder, noStragglers, contributions),
    name: `FADAS, ${severity}`,
    delay: { kind: 'fadas', severity },
  };
}

/** |N(0, 1 s)|, as in the FedBuff experiments. */
export function halfNormal(folder: string, contributions: number): Conditions {
  return {
    ...wearables(folder, noStragglers, contributions),
    name: 'half-normal',
    delay: { kind: 'half-normal', scaleMs: 1000 },
  };
}
