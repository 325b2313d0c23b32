import { type Resumable, runSync } from '../../platform';
import type { Task } from '../../task';
import { type GatewayReport, gatewayReport } from './gateway-report';
import type { PrivacyQuestion } from './privacy-question';
import { type RecordReport, recordReport } from './record-report';

/** The costs of differential privacy for a task, before anything runs. */
export type PrivacyReport = RecordReport | GatewayReport;

/**
 * Calculates what the privacy of a task costs. Undefined for a task without privacy.
 * @throws FtteError `budget-too-small`; `config-invalid` if no noise keeps the budget
 */
export const privacyReport = (task: Task, question: PrivacyQuestion): PrivacyReport | undefined =>
  runSync(privacyReportInSteps(task, question));

/** The same with pauses: the exact account takes tens of milliseconds. */
export function* privacyReportInSteps(
  task: Task,
  question: PrivacyQuestion,
): Resumable<PrivacyReport | undefined> {
  const { privacy } = task;
  if (!privacy) return undefined;
  return privacy.level === 'record'
    ? yield* recordReport({ ...task, privacy }, question)
    : gatewayReport({ ...task, privacy }, question);
}
