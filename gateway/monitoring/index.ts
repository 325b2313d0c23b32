/** Metrics in the text format of Prometheus, and the health of roles. */
export type { CoordinatorReading } from './coordinator-metrics';
export { contentType, type MetricName, metrics } from './exposition';
export type { GatewayReading } from './gateway-metrics';
export { coordinatorHealth, gatewayHealth, type Health } from './health';
export { metricsText, type RoleReading } from './metrics-text';
export type { ReadingOptions } from './role-reading';
export { CoordinatorTally, GatewayTally } from './tallies';
