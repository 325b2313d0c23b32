import type { ScenarioInput } from '../../../gateway/simulation';

/** A mix of stragglers: their share of the gateways, and the factor by which they are slower. */
export interface Mix {
  readonly name: string;
  readonly share: number;
  readonly slowdown: number;
}

/** The mixes of the tables. */
export const mixes: readonly Mix[] = [
  { name: '0 %', share: 0, slowdown: 1 },
  { name: '10 % x10', share: 0.1, slowdown: 10 },
  { name: '50 % x5', share: 0.5, slowdown: 5 },
  { name: '50 % x10', share: 0.5, slowdown: 10 },
  { name: '90 % x10', share: 0.9, slowdown: 10 },
];

/** Conditions under which arms are compared. */
export interface Conditions {
  readonly name: string;
  /** Folder of the recordings. */
  readonly data: string;
  /** Training people (or a share of the samples) that judge while settings are chosen, and never train. */
  readonly keptAside: NonNullable<ScenarioInput['validation']>;
  readonly clients: number;
  readonly partition: NonNullable<ScenarioInput['partition']>;
  readonly delay: NonNullable<ScenarioInput['delay']>;
  readonly network: NonNullable<ScenarioInput['network']>;
  /** Local rounds that run at a time. */
  readonly concurrency: number;
  /** Contributions of a run, the same for every rule, so that gateways do the same work. */
  readonly contributions: number;
}

/**
 * Training speed of a normal gateway in operations per second: that of a microcontroller, or of a small gateway with other
 * work.
 */
export const gatewayFlops = 1e7;
/** A narrow link: 1 Mbit/s each way. */
export const link = { upBytesPerSecond: 125_000, downBytesPerSecond: 125_000, latencyMs: 20 };

/** Delays of a mix: the time of a step depends on its operations. */
export function stragglers({ share, slowdown }: Mix): Conditions['delay'] {
  return {
    kind: 'stragglers',
    share,
    slowdown,
    step: { kind: 'estimated', flopsPerSecond: gatewayFlops },
  };
}

const noStragglers = mixes[0] as Mix;

/** hapt on 500 gateways, each with windows of one person. */
export function wearables(folder: string, mix: Mix, contributions: number): Conditions {
  return {
    name: mix.name,
    data: folder,
    keptAside: { people: 5 },
    clients: 500,
    partition: { kind: 'by-person' },
    delay: stragglers(mix),
    network: link,
    concurrency: 50,
    contributions,
  };
}

/** The same fleet with a mix of activities for each gateway, from Dirichlet(0.3). */
export function skewed(folder: string, mix: Mix, contributions: number): Conditions {
  return {
    ...wearables(folder, mix, contributions),
    name: `labels from Dirichlet(0.3), ${mix.name}`,
    partition: { kind: 'dirichlet', alpha: 0.3 },
  };
}

/** The skewed fleet, in which the gateways with the most samples of some activities are slow. */
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

/** The fleet with the durations of the FADAS experiments: fast, medium and slow gateways. */
export function published(folder: string, severity: 'mild' | 'large', contributions: number): Conditions {
  return {
    ...wearables(folder, noStragglers, contributions),
    name: `FADAS, ${severity}`,
    delay: { kind: 'fadas', severity },
  };
}

/** The fleet with the durations of the FedBuff experiments: |N(0, 1 s)|. */
export function halfNormal(folder: string, contributions: number): Conditions {
  return {
    ...wearables(folder, noStragglers, contributions),
    name: 'half-normal',
    delay: { kind: 'half-normal', scaleMs: 1000 },
  };
}
