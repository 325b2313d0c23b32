import type { Aggregation } from '../../task';

/** `auto` lets all gateways train in a fleet of up to this number, as without grants. */
const smallFleet = 10;
/** Share of a larger fleet that `auto` lets train: more gateways wait than train, so the draw decides. */
const automaticShare = 0.1;
/** Most gateways that `auto` lets train: with buffers of at most 10, contributions are some five versions old. */
const largestAutomatic = 50;

/**
 * Local rounds that may run at a time with this number of gateways online. At least 1. Without grants, all of them.
 * @param cohortSize gateways in a round of a synchronous rule, spares included, if the settings fix it
 */
export function concurrencyOf(
  participation: Aggregation['participation'],
  gatewaysOnline: number,
  cohortSize?: number,
): number {
  const online = Math.max(1, gatewaysOnline);
  if (participation.kind === 'free') return online;
  if (participation.concurrency !== 'auto') return Math.min(participation.concurrency, online);
  if (cohortSize !== undefined) return Math.min(cohortSize, online);
  const share = Math.min(largestAutomatic, Math.ceil(online * automaticShare));
  return Math.min(online, Math.max(smallFleet, share));
}
