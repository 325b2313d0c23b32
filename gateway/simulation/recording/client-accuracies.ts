import type { EvaluateResult } from '../../engine';
import { classificationFigures, worstTenth } from '../../metrics';
import type { ClientProfile } from '../fleet/fleet';
import type { Prepared } from '../fleet/prepare';
import type { Pool } from '../pool/pool';
import type { ClientAccuracies, PeopleAccuracies } from '../results/results';

/** Accuracies of a model on each client's own held-out windows; undefined if no client has any. */
export async function judgeClients(
  prepared: Prepared,
  profiles: readonly ClientProfile[],
  parameters: Float32Array,
  pool: Pool,
): Promise<ClientAccuracies | undefined> {
  const judged = profiles.filter(({ heldOut }) => heldOut.length > 0);
  if (judged.length === 0) return undefined;
  const groups = judged.map(({ heldOut }) => Uint32Array.from(heldOut));
  const results = await pool.evaluate(prepared.model, parameters, groups);
  const values = results.map((result) => figureOf(prepared, result, 'accuracy'));
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
    worstTenth: worstOf(prepared, values),
  };
}

/**
 * Balanced accuracies of a model by person, over the windows that judge; undefined if they are not of two people or more.
 */
export async function judgePeople(
  prepared: Prepared,
  parameters: Float32Array,
  pool: Pool,
): Promise<PeopleAccuracies | undefined> {
  const { model, judging, person, isOrdinary = () => true } = prepared;
  const people = new Map<number, number[]>();
  for (const i of person ? judging.flatMap((group) => [...group]).filter(isOrdinary) : []) {
    const whose = person![i]!;
    const own = people.get(whose);
    if (own) own.push(i);
    else people.set(whose, [i]);
  }
  if (people.size < 2) return undefined;
  const groups = [...people.values()].map((own) => Uint32Array.from(own));
  const results = await pool.evaluate(model, parameters, groups);
  const values = results.map((result) => figureOf(prepared, result, 'balancedAccuracy'));
  return { people: people.size, mean: mean(values), worstTenth: worstOf(prepared, values) };
}

/** An accuracy, or the mean absolute error of a task that gives values back. */
function figureOf(
  { task, model }: Prepared,
  { confusion, errors }: EvaluateResult,
  accuracy: 'accuracy' | 'balancedAccuracy',
): number {
  if (task.kind !== 'classification') return errors?.meanAbsolute ?? Number.NaN;
  // A single output distinguishes two labels.
  return classificationFigures(confusion, Math.max(2, model.outputs))[accuracy];
}

/** Mean over the tenth with the lowest accuracies, or with the largest errors. There are some. */
function worstOf({ task }: Prepared, values: readonly number[]): number {
  const sign = task.kind === 'classification' ? 1 : -1;
  return sign * (worstTenth(values.map((value) => sign * value)) as number);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
