import { dirname, resolve } from 'node:path';
import { checkSchema, FtteError, readJson, type SchemaIssue, wrapError } from '../../platform';
import { type Scenario, scenarioSchema } from './scenario-schema';

/**
 * Checks a scenario from outside and fills in its defaults.
 * @throws FtteError `scenario-invalid` naming the first wrong field, what came and what was expected
 */
export function parseScenario(value: unknown): Scenario {
  const checked = checkSchema(scenarioSchema, value);
  if (checked.issue) throw invalid(checked.issue);
  const scenario = checked.data;
  const twice = scenario.seeds.find((seed, i) => scenario.seeds.indexOf(seed) !== i);
  if (twice !== undefined) throw scenarioInvalid('seeds', `${twice} twice`, 'each seed once');
  const { schedule, clients } = scenario;
  const training = trainingAtATime(schedule);
  if (training > clients) {
    const field = schedule.kind === 'rounds' ? 'schedule.clients' : 'schedule.concurrency';
    throw scenarioInvalid(field, `${training} at a time`, `at most ${clients}, the number of clients`);
  }
  return scenario;
}

/** Reads the file of a scenario; the path of its data becomes absolute. @throws FtteError `scenario-invalid` */
export async function readScenario(path: string): Promise<Scenario> {
  const scenario = inFile(path, await readJson(path, 'scenario-invalid'));
  const { data } = scenario;
  const absolute = (file: string) => resolve(dirname(path), file);
  if ('folder' in data) return { ...scenario, data: { ...data, folder: absolute(data.folder) } };
  return 'csv' in data ? { ...scenario, data: { ...data, csv: absolute(data.csv) } } : scenario;
}

/** @throws FtteError `scenario-invalid` naming the file and the field */
function inFile(path: string, content: unknown): Scenario {
  try {
    return parseScenario(content);
  } catch (error) {
    throw wrapError('scenario-invalid', path, error, error instanceof FtteError ? error.details : {});
  }
}

/** Clients that train at the same time; 0 if the coordinator decides. */
function trainingAtATime(schedule: Scenario['schedule']): number {
  if (schedule.kind === 'rounds') return cohortSize(schedule.clients, schedule.overSelection);
  return schedule.concurrency === 'auto' ? 0 : schedule.concurrency;
}

/** Clients of one synchronous round, those of the over-selection included. */
export function cohortSize(clients: number, overSelection: number): number {
  return Math.ceil(clients * (1 + overSelection));
}

/** The error of a wrong field: what was expected, and what came. */
export function scenarioInvalid(field: string, got: string, expected: string): FtteError {
  const message = `${field}: expected ${expected}, got ${got}`;
  return new FtteError('scenario-invalid', message, { field, got, expected });
}

function invalid({ field: path, text, cause }: SchemaIssue): FtteError {
  const field = path || 'scenario';
  return new FtteError('scenario-invalid', `${field}: ${text}`, { field }, { cause });
}
