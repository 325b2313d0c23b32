import { decodeScores, type ParameterLayout } from '../../model';
import type { SelectionInput } from './strategy';
import { selectionUnits, type Unit, unitNorm } from './units';

/** A number for each unit: the larger, the better. */
export type Score = (unit: Unit) => number;

/**
 * L2 norms of version 0's units: of the parameters that the importance scores was made from where they are not the seeded ones
 * (an imported model, a warm start), else of the seeded ones.
 */
export function normScore({
  layout,
  parameters,
  importance,
}: Pick<SelectionInput, 'layout' | 'parameters' | 'importance'>): Score {
  const norms = importance?.norms && scoresFor(layout, importance.norms);
  return norms ? ({ place }) => norms[place] ?? 0 : (unit) => unitNorm(layout, unit, parameters);
}

/** L2 norms of the gradient by unit; undefined while nobody has measured them. */
export function gradientScore({
  layout,
  importance,
}: Pick<SelectionInput, 'layout' | 'importance'>): ((unit: Pick<Unit, 'place'>) => number) | undefined {
  const gradients = importance?.gradients && scoresFor(layout, importance.gradients);
  return gradients && (({ place }) => gradients[place] ?? 0);
}

/** Decoded scores; undefined where they are of another model. */
function scoresFor(layout: ParameterLayout, codes: Uint8Array): Float64Array | undefined {
  return codes.length === selectionUnits(layout).length ? decodeScores(codes) : undefined;
}
