import { classificationFigures, worstTenth } from '../../metrics';
import type { ClientProfile } from '../fleet/fleet';
import type { Prepared } from '../fleet/prepare';
import type { Pool } from '../pool/pool';
import type { ClientAccuracies, PeopleAccuracies } from '../results/results';

/** Accuracies of a model on each client's own held-out windows; undefined if no client has any. */
export async function judgeClients(
  { model }: Prepared,
  profiles: readonly ClientProfile[],
  parameters: Float32Array,
  pool: Pool,
): Promise<ClientAccuracies | undefined> {
  const judged = profiles.filter(({ heldOut }) => heldOut.length > 0);
  if (judged.length === 0) return undefined;
  const groups = judged.map(({ heldOut }) => Uint32Array.from(heldOut));
  const results = await pool.evaluate(model, parameters, groups);
  // A single output distinguishes two labels.
  const labels = Math.max(2, model.outputs);
  const values = results.map(({ confusion }) => classificationFigures(confusion, labels).accuracy);
  const of = (chosen: (profile: ClientProfile) => boolean) =>
    values.filter((_, i) => chosen(judged[i] as ClientProfile));
  const stragglers = of(({ speed }) => speed.isStraggler);
  const others = of(({ speed }) => !speed.isStraggler);
  return {
    clients: judged.length,
    mean: mean(values),
    ...(stragglers.length > 0 ? { stragglers: mean(stragglers) } : {}),
    ...(others.length > 0 ? { others: mean(others) } : {}),
    // Somebody was judged.
    worstTenth: worstTenth(values) as number,
  };
}

/**
 * Balanced accuracies of a model by person, over the windows that judge; undefined if they are not of two people or more.
 */
export async function judgePeople(
  { model, judging, person }: Prepared,
  parameters: Float32Array,
  pool: Pool,
): Promise<PeopleAccuracies | undefined> {
  const people = new Map<number, number[]>();
  for (const i of person ? judging.flatMap((group) => [...group]) : []) {
    const whose = person![i]!;
    const own = people.get(whose);
    if (own) own.push(i);
    else people.set(whose, [i]);
  }
  if (people.size < 2) return undefined;
  const groups = [...people.values()].map((own) => Uint32Array.from(own));
  const results = await pool.evaluate(model, parameters, groups);
  const labels = Math.max(2, model.outputs);
  const values = results.map(({ confusion }) => classificationFigures(confusion, labels).balancedAccuracy);
  return { people: people.size, mean: mean(values), worstTenth: worstTenth(values) as number };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
