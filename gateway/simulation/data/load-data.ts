import type { Scenario } from '../scenario/scenario-schema';
import { loadCsv } from './csv-data';
import type { DataSet } from './data-set';
import { loadRecordings } from './recorded-data';
import { makeSynthetic } from './synthetic-data';

/**
 * The data of a scenario: recordings, a CSV file, or synthetic people.
 * @param onNotice receives problems of rows of a CSV file, each once
 * @param fewestLabels labels that the data needs: none for a task that learns without labels
 * @throws FtteError `recording-invalid`, `scenario-invalid`
 */
export async function loadData(
  spec: Scenario['data'],
  onNotice: (text: string) => void = () => undefined,
  fewestLabels = 2,
): Promise<DataSet> {
  if ('folder' in spec) return loadRecordings(spec, fewestLabels);
  return 'csv' in spec ? loadCsv(spec, onNotice, fewestLabels) : makeSynthetic(spec.synthetic);
}
