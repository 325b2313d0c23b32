/** The costs of differential privacy, calculated before anything runs. */
export type { GatewayReport } from './gateway-report';
export type { PrivacyWarning } from './privacy-figures';
export type { PrivacyQuestion } from './privacy-question';
export { type PrivacyReport, privacyReport, privacyReportInSteps } from './privacy-report';
export type { RecordReport } from './record-report';
