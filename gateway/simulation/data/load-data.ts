import type { Scenario } from '../scenario/scenario-schema';
import type { DataSet } from './data-set';
import { loadRecordings } from './recorded-data';
import { makeSynthetic } from './synthetic-data';

/** The data of a scenario: recordings, or synthetic people. @throws FtteError `recording-invalid` */
export function loadData(spec: Scenario['data']): Promise<DataSet> | DataSet {
  return 'folder' in spec ? loadRecordings(spec) : makeSynthetic(spec.synthetic);
}
