import type { Aggregation } from '../../task';

/** Up to so many gateways `auto` lets everybody train, as without grants. */
const everybodyUpTo = 10;
/** Share of a larger fleet that `auto` lets train: those that wait outnumber those that train, so chance decides. */
const automaticShare = 0.1;
/** Most that `auto` lets train: with buffers of 10 at most, contributions are some five versions old. */
const mostAutomatic = 50;
/** Room for the rounding of 1 + overSelection. */
const slack = 1e-9;

/**
 * Local rounds that may run at a time while so many gateways are online; of a synchronous rule, gateways in a round,
 * spares included. At least 1. Without grants, everybody.
 */
export function concurrencyOf(aggregation: Aggregation, gatewaysOnline: number): number {
  const { participation, rule, bufferSize } = aggregation;
  const online = Math.max(1, gatewaysOnline);
  if (participation.kind === 'free') return online;
  if (participation.concurrency !== 'auto') return Math.min(participation.concurrency, online);
  if (rule.kind === 'fedavg' && bufferSize !== 'auto') {
    return Math.min(Math.ceil(bufferSize * (1 + rule.overSelection) - slack), online);
  }
  const share = Math.min(mostAutomatic, Math.ceil(online * automaticShare));
  return Math.min(online, Math.max(everybodyUpTo, share));
}
