import type { Plan, PlanEntry } from '../../model';
import { parameterLayout } from '../../model';
import { FtteError, kilobytesAtLeast, kilobytesAtMost } from '../../platform';
import type { MemoryReport, ProgramRequest } from '../interface/engine';

/** The part of a request that would fit its budget. */
interface Remedy {
  readonly text: string;
  readonly details: Readonly<Record<string, number | string>>;
}

/** Steps of one hundredth that the share of a plan is looked for in. */
const shares = 100;

/**
 * Refuses a request that needs more than its `budgetBytes`, before any memory is taken.
 * @param memoryOf plans the memory of another request, to find what would fit
 * @throws FtteError `budget-too-small`: by how much, and what would fit (a smaller micro-batch; frozen weights in int8;
 *         a share of the planned channels)
 */
export function requireBudget(
  request: ProgramRequest,
  { peakBytes }: MemoryReport,
  memoryOf: (request: ProgramRequest) => MemoryReport,
): void {
  const { budgetBytes } = request;
  if (budgetBytes === undefined || peakBytes <= budgetBytes) return;
  const overBytes = peakBytes - budgetBytes;
  const fits = (changed: ProgramRequest) => memoryOf(changed).peakBytes <= budgetBytes;
  const { text, details } = remedyOf(request, fits);
  throw new FtteError(
    'budget-too-small',
    `${request.plan ? 'the plan' : 'the model'} needs ${kilobytesAtLeast(peakBytes)}, ` +
      `${kilobytesAtLeast(overBytes)} more than the budget of ${kilobytesAtMost(budgetBytes)}: ${text}`,
    { budgetBytes, neededBytes: peakBytes, overBytes, ...details },
  );
}

/** The least change that fits. */
function remedyOf(request: ProgramRequest, fits: (request: ProgramRequest) => boolean): Remedy {
  const small: ProgramRequest = { ...request, frozen: 'int8' };
  const { plan } = request;
  if (!plan) {
    return fits(small)
      ? { text: 'it would fit with its weights in int8', details: { fittingFrozen: 'int8' } }
      : { text: 'a smaller model would fit', details: {} };
  }
  for (const candidate of [request, small]) {
    for (let microBatch = plan.microBatch; microBatch >= 1; microBatch >>= 1) {
      if (!fits({ ...candidate, plan: { ...plan, microBatch } })) continue;
      const frozen = candidate === small ? ' and frozen weights in int8' : '';
      return {
        text: `it would fit with a micro-batch of ${microBatch}${frozen}`,
        details: { fittingMicroBatch: microBatch, ...(frozen && { fittingFrozen: 'int8' }) },
      };
    }
  }
  const atShare = (share: number) => ({ ...small, plan: shareOf(request, plan, share / shares) });
  let [kept, over] = [0, shares];
  while (over - kept > 1) {
    const middle = (kept + over) >> 1;
    if (fits(atShare(middle))) kept = middle;
    else over = middle;
  }
  if (kept === 0) return { text: 'no part of this plan would fit', details: {} };
  return {
    text: `${kept} % of its channels would fit, at a micro-batch of 1 with frozen weights in int8`,
    details: { fittingShare: kept / shares, fittingMicroBatch: 1, fittingFrozen: 'int8' },
  };
}

/** The plan with the first channels of each kernel, one example at a time. */
function shareOf({ model }: ProgramRequest, { entries }: Plan, share: number): Plan {
  const { tensors } = parameterLayout(model);
  return {
    microBatch: 1,
    entries: entries.map((entry): PlanEntry => {
      const count = tensors[entry.tensor]?.inputChannels ?? 0;
      if (count === 0) return entry;
      const channels = entry.channels ?? Array.from({ length: count }, (_, channel) => channel);
      return { tensor: entry.tensor, channels: channels.slice(0, Math.ceil(share * channels.length)) };
    }),
  };
}
