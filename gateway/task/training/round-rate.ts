import { usesLabelShares } from './label-offsets';
import { localRate, type RatedTask } from './local-rate';

/** A task with the settings of its server, and those that say whether its rounds know how often labels come. */
export type RoundTask = RatedTask &
  Parameters<typeof usesLabelShares>[0] & {
    readonly aggregation: { readonly server: { readonly kind: string; readonly momentum?: number } };
  };

/**
 * The learning rate of a round.
 * @param isKnown whether the round knows how often labels come in the federation; it matters if the task uses it
 * @param evenness as in `localRate`
 */
export function roundRate(task: RoundTask, version: number, isKnown: boolean, evenness = 1): number {
  if (!usesLabelShares(task)) return localRate(task, version, evenness);
  return isKnown ? sharedRate(task, version) : unsharedRate(task, version, evenness);
}

/** Factor by which steps are longer that lead to the optimum of all gateways, not to that of one. */
const sharedFactor = 2;

/**
 * The learning rate of a round that knows how often labels come in the federation. All gateways with such rounds have one
 * optimum, so the labels of one do not shorten its steps. Steps are as much shorter as a momentum of the server makes the
 * way longer: short rounds and a long memory lead less far towards the optimum of single gateways than long rounds do.
 */
function sharedRate(task: RoundTask, version: number): number {
  if (task.training.learningRate !== 'auto') return task.training.learningRate;
  return localRate(task, version) * sharedFactor * shortened(task);
}

/**
 * The learning rate of a round that does not know how often labels come, of a task whose rounds are to know it: fewer gateways
 * than that needs have reported, or none may. The momentum that such tasks have at the server makes its steps longer, too.
 * @param evenness as in `localRate`
 */
function unsharedRate(task: RoundTask, version: number, evenness: number): number {
  const rate = localRate(task, version, evenness);
  return task.training.learningRate === 'auto' ? rate * shortened(task) : rate;
}

/** The share of a step after which a momentum of the server leads as far as the whole step does without. */
const shortened = ({ aggregation: { server } }: RoundTask): number => 1 - (server.momentum ?? 0);
