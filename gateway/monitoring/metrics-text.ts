import { packageVersion } from '../diagnosis';
import { addCoordinator, type CoordinatorReading } from './coordinator-metrics';
import { MetricSet } from './exposition';
import { addGateway, type GatewayReading } from './gateway-metrics';
import type { ReadingOptions } from './role-reading';

/** Read from a file once, because the text is asked for again and again. */
let version: string | undefined;

/** A role at one moment. */
export type RoleReading = CoordinatorReading | GatewayReading;

/** The metrics of roles in the text format of Prometheus. */
export function metricsText(roles: readonly RoleReading[], options: ReadingOptions): string {
  const set = new MetricSet();
  version ??= packageVersion();
  set.add('ftte_info', { version }, 1);
  for (const role of roles) {
    if (role.kind === 'coordinator') addCoordinator(set, role, options);
    else addGateway(set, role, options);
  }
  return set.text();
}
