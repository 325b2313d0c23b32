import type { Health, RoleReading } from '../../../gateway/monitoring';
import type { Look } from '../status/look';

/** A role at one moment, for metrics and the check of its health. */
export interface MonitorReading {
  readonly role: RoleReading;
  readonly health: Health;
}

/** The health that a status line shows: red is a fault, even if the role itself knows of none. */
export function healthWithLook(health: Health, look: Look | undefined): Health {
  return health.isFaulty || look?.fill !== 'red' ? health : { isFaulty: true, reason: look.key };
}
