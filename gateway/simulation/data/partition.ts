import { type Random, shuffle } from '../../platform';
import { categorical, dirichlet } from '../random/distributions';
import { scenarioInvalid } from '../scenario/scenario';
import type { PartitionSpec } from '../scenario/scenario-schema';
import type { DataSet } from './data-set';

/**
 * Deals examples out to clients. Each example is used at most once, unless `repeat` allows more; every client gets some.
 * @param examples indices into the data: those of the training people
 * @returns indices by client
 * @throws FtteError `scenario-invalid` if there are too few examples, or no people to deal them out by
 */
export function partition(
  data: DataSet,
  examples: readonly number[],
  request: PartitionRequest,
  random: Random,
): number[][] {
  const { spec, clients, samplesPerClient, repeat } = request;
  const needed = clients * (samplesPerClient ?? 1);
  if (needed > examples.length && !repeat) {
    throw scenarioInvalid(
      'clients',
      `${clients} with ${samplesPerClient ?? 'at least one'} each`,
      `at most ${examples.length} training samples together, or "repeat": true`,
    );
  }
  const pool: number[] = [];
  for (let copies = Math.max(1, Math.ceil(needed / examples.length)); copies > 0; copies--)
    pool.push(...examples);
  const dealt = deal(data, pool, spec, clients, random);
  if (samplesPerClient === undefined) return dealt;
  return dealt.map((mine) => shuffle(mine, random).slice(0, samplesPerClient));
}

/** Options of a partition. */
export interface PartitionRequest {
  readonly spec: PartitionSpec;
  readonly clients: number;
  /** Most samples of a client; undefined: everything is dealt out. */
  readonly samplesPerClient: number | undefined;
  /** Whether several clients may have the same sample if there are too few for all. */
  readonly repeat: boolean;
}

function deal(
  data: DataSet,
  pool: number[],
  spec: PartitionSpec,
  clients: number,
  random: Random,
): number[][] {
  switch (spec.kind) {
    case 'by-person':
      return byPerson(data, pool, clients, random);
    case 'dirichlet':
      return byLabelMix(data, pool, clients, spec.alpha, random);
    case 'shards':
      return byShards(data, pool, clients, spec.perClient, random);
  }
}

/** By person: a client has samples of one person, or, if there are more people than clients, of several whole people. */
function byPerson(data: DataSet, pool: readonly number[], clients: number, random: Random): number[][] {
  const { person } = data;
  if (!person)
    throw scenarioInvalid(
      'partition.kind',
      'by-person',
      'dirichlet or shards, because the data names nobody',
    );
  const people = [...groupBy(pool, (i) => person[i] as number).values()];
  shuffle(people, random);
  if (people.length >= clients) {
    const dealt: number[][] = Array.from({ length: clients }, () => []);
    people.forEach((mine, i) => {
      dealt[i % clients]?.push(...mine);
    });
    return dealt;
  }
  // The clients of a person are in proportion to the person's samples (largest remainder), at least one.
  const pieces = people.map(() => 1);
  for (let left = clients - people.length; left > 0; left--) {
    let most = 0;
    people.forEach((mine, i) => {
      const share = mine.length / (pieces[i] as number);
      if (share > (people[most] as number[]).length / (pieces[most] as number)) most = i;
    });
    pieces[most] = (pieces[most] as number) + 1;
  }
  return people.flatMap((mine, i) => cut(shuffle(mine, random), pieces[i] as number));
}

/** By label mix, in equal sizes: each client draws labels, among those left, from its own Dirichlet mix (Hsu 2019). */
function byLabelMix(
  data: DataSet,
  pool: readonly number[],
  clients: number,
  alpha: number,
  random: Random,
): number[][] {
  // Windows without labels are all of one.
  const byLabel = Array.from({ length: Math.max(1, data.labels.length) }, () => [] as number[]);
  for (const i of shuffle([...pool], random)) byLabel[data.y[i] as number]?.push(i);
  const concentration = byLabel.map((mine) => (mine.length > 0 ? alpha : 0));
  const known = concentration.flatMap((value, label) => (value > 0 ? [label] : []));
  const size = Math.floor(pool.length / clients);
  return Array.from({ length: clients }, () => {
    const drawn = dirichlet(
      known.map(() => alpha),
      random,
    );
    const mix = new Array<number>(byLabel.length).fill(0);
    known.forEach((label, i) => {
      mix[label] = drawn[i] as number;
    });
    const mine: number[] = [];
    while (mine.length < size) {
      const left = mix.map((weight, label) => ((byLabel[label] as number[]).length > 0 ? weight : 0));
      // If all labels of the mix have run out, the samples that are left are drawn evenly.
      const weights = left.some((weight) => weight > 0) ? left : byLabel.map((rest) => rest.length);
      mine.push(byLabel[categorical(weights, random)]?.pop() as number);
    }
    return mine;
  });
}

/** By shards: samples sorted by label, cut into shards, dealt out (McMahan 2017). */
function byShards(
  data: DataSet,
  pool: readonly number[],
  clients: number,
  perClient: number,
  random: Random,
): number[][] {
  if (pool.length < clients * perClient) {
    throw scenarioInvalid(
      'partition.perClient',
      `${perClient} for ${clients} clients`,
      `at most ${pool.length} shards together, one sample each`,
    );
  }
  const sorted = shuffle([...pool], random).sort((a, b) => (data.y[a] as number) - (data.y[b] as number));
  const shards = shuffle(cut(sorted, clients * perClient), random);
  return Array.from({ length: clients }, (_, i) => shards.slice(i * perClient, (i + 1) * perClient).flat());
}

/** Cuts a list into pieces whose lengths differ by at most one. */
function cut(list: readonly number[], pieces: number): number[][] {
  return Array.from({ length: pieces }, (_, i) =>
    list.slice(Math.floor((i * list.length) / pieces), Math.floor(((i + 1) * list.length) / pieces)),
  );
}

function groupBy(list: readonly number[], keyOf: (item: number) => number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
