import type { ClientProfile } from '../fleet/fleet';
import type { Traffic } from '../network/network';
import type { RunSummary } from '../results/results';

/** Bytes of a fleet so far, copied: the traffic counts on while clients say goodbye. */
export function trafficSums(
  traffic: Traffic,
  clients: number,
): Pick<RunSummary, 'bytesUp' | 'bytesDown' | 'bytesDownPerClient' | 'bytesByType'> {
  const { total, down, byType } = traffic;
  const sorted = [...byType].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    bytesUp: total.up,
    bytesDown: total.down,
    bytesDownPerClient: {
      mean: total.down / clients,
      max: down.reduce((most, bytes) => Math.max(most, bytes), 0),
    },
    bytesByType: Object.fromEntries(sorted.map(([type, sums]) => [type, { ...sums }])),
  };
}

/**
 * Share of the stragglers among the clients and among the contributions.
 * @param contributors ids of clients, one per contribution
 */
export function stragglerShares(
  profiles: readonly ClientProfile[],
  contributors: readonly string[],
): RunSummary['stragglers'] {
  const stragglers = new Set(profiles.filter(({ speed }) => speed.isStraggler).map(({ id }) => id));
  return {
    share: stragglers.size / profiles.length,
    contributions: contributors.filter((id) => stragglers.has(id)).length / Math.max(1, contributors.length),
  };
}
