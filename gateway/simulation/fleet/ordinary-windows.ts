import type { DataSet } from '../data/data-set';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';

/**
 * Distinguishes windows that are no anomalies, by the labels that a scenario calls ordinary; undefined if it names none.
 * @throws FtteError `scenario-invalid` if a label is not in the data
 */
export function ordinaryWindows(
  { ordinary }: Pick<Scenario, 'ordinary'>,
  { labels, y }: Pick<DataSet, 'labels' | 'y'>,
): ((window: number) => boolean) | undefined {
  if (!ordinary) return undefined;
  const unknown = ordinary.find((name) => !labels.includes(name));
  if (unknown !== undefined)
    throw scenarioInvalid('ordinary', `"${unknown}"`, labels.length > 0 ? `some of ${labels}` : 'nothing');
  const known = new Set(ordinary.map((name) => labels.indexOf(name)));
  return (window) => known.has(y[window]!);
}
