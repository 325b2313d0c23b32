import type { VersionReport } from '../../coordinator';
import type { Fleet } from '../fleet/fleet';
import type { Prepared } from '../fleet/prepare';
import type { Pool } from '../pool/pool';
import type { FederatedRecord } from '../results/results';
import { judgeLabels } from './judge-version';

/**
 * Puts what clients report of the windows that they hold out beside an evaluation of the same windows in one place;
 * undefined if no client has reported.
 */
export async function judgeFederated(
  prepared: Prepared,
  { clients }: Fleet,
  { federated }: VersionReport,
  parameters: Float32Array,
  pool: Pool,
): Promise<FederatedRecord | undefined> {
  if (!federated) return undefined;
  const groups = clients.map(({ heldOut }) => Uint32Array.from(heldOut)).filter(({ length }) => length > 0);
  const { balancedAccuracy } = await judgeLabels(prepared, parameters, pool, groups);
  return {
    balancedAccuracy: federated.balancedAccuracy,
    interval: federated.interval,
    clients: federated.gateways,
    windows: federated.windows,
    central: balancedAccuracy,
  };
}
