/**
 * Mean over the tenth with the lowest values, one at least: how a model serves those that it serves worst.
 * @param values one for each person; undefined if there are none
 */
export function worstTenth(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const worst = [...values].sort((a, b) => a - b).slice(0, Math.ceil(values.length / 10));
  return worst.reduce((sum, value) => sum + value, 0) / worst.length;
}
