import { z } from 'zod';
import type { Contribution } from '../aggregation/contribution';

/** The work behind progress that was not sent yet, as plain data of a checkpoint. */
export const workSchema = z.object({
  /** Versions of the region. */
  versions: z.number().int().min(0),
  /** Samples of all contributions. */
  samples: z.number().min(0),
  /** Steps one after the other: those of a contribution, for each version. */
  steps: z.number().min(0),
  /** Sum of the variances, each by its samples. */
  variances: z.number().min(0),
  /** Mean loss of the first version before its rounds, and of the last one after them. */
  lossBefore: z.number().optional(),
  lossAfter: z.number().optional(),
});

/** The work behind progress that was not sent yet. */
export type RegionalWork = Readonly<z.infer<typeof workSchema>>;

export const noWork: RegionalWork = { versions: 0, samples: 0, steps: 0, variances: 0 };

/** The work with that of one more version. */
export function withVersion(work: RegionalWork, contributions: readonly Contribution[]): RegionalWork {
  const samples = sum(contributions, ({ samples }) => samples);
  if (samples === 0) return work;
  const mean = (of: (contribution: Contribution) => number) =>
    sum(contributions, (one) => one.samples * of(one)) / samples;
  const lossBefore = mean(({ lossBefore = Number.NaN }) => lossBefore);
  const lossAfter = mean(({ lossAfter = Number.NaN }) => lossAfter);
  return {
    versions: work.versions + 1,
    samples: work.samples + samples,
    steps: work.steps + mean(({ steps }) => steps),
    variances: work.variances + samples * mean(({ variance }) => variance),
    lossBefore: work.versions === 0 ? finite(lossBefore) : work.lossBefore,
    lossAfter: finite(lossAfter),
  };
}

/** The work of two stretches, one after the other: of an update that comes back, and of what was done since. */
export function together(first: RegionalWork, then: RegionalWork): RegionalWork {
  return {
    versions: first.versions + then.versions,
    samples: first.samples + then.samples,
    steps: first.steps + then.steps,
    variances: first.variances + then.variances,
    lossBefore: first.versions > 0 ? first.lossBefore : then.lossBefore,
    lossAfter: then.versions > 0 ? then.lossAfter : first.lossAfter,
  };
}

const finite = (value: number) => (Number.isFinite(value) ? value : undefined);
const sum = <T>(all: readonly T[], of: (one: T) => number) => all.reduce((total, one) => total + of(one), 0);
