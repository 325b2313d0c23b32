import type { Aggregation } from '../../task';

/** Up to so many gateways `auto` lets everybody train, as without grants. */
const everybodyUpTo = 10;
/** Share of a larger fleet that `auto` lets train: those that wait outnumber those that train, so chance decides. */
const automaticShare = 0.1;
/** Most that `auto` lets train: with buffers of 10 at most, contributions are some five versions old. */
const mostAutomatic = 50;

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
  const share = Math.min(mostAutomatic, Math.ceil(online * automaticShare));
  return Math.min(online, Math.max(everybodyUpTo, share));
}
