import { type Resumable, runAsync, runSync, type YieldToEventLoop } from '../../platform';
import { type NoiseRequest, noiseInSteps, type SampledSteps, spentInSteps } from '../../privacy';

/** Share of a budget by which the spent epsilon may be above the exact one. */
const tolerance = 1e-3;
/** Answers that are kept. */
const mostAnswers = 256;

/**
 * Answers about budgets that were given before, for they are asked at each round and take a while. Gateways of one process
 * can share an account: it holds no budget.
 */
export class PrivacyAccount {
  private readonly answers = new Map<string, unknown>();

  /** @param yieldToEventLoop absent: it calculates without a pause */
  constructor(private readonly yieldToEventLoop?: YieldToEventLoop) {}

  /** The noise for a budget. Undefined if no noise is enough. */
  noise(request: NoiseRequest): Promise<number | undefined> {
    return this.answer(['noise', request], () => noiseInSteps(request));
  }

  /** Epsilon of all steps, for a budget that decides how exact it must be. */
  spent(
    steps: readonly SampledSteps[],
    { epsilon, delta }: { epsilon: number; delta: number },
  ): Promise<number> {
    const kinds = summed(steps);
    return this.answer(['spent', kinds, epsilon, delta], () =>
      spentInSteps(kinds, delta, epsilon * tolerance),
    );
  }

  private async answer<T>(question: unknown, work: () => Resumable<T>): Promise<T> {
    const key = JSON.stringify(question);
    if (this.answers.has(key)) return this.answers.get(key) as T;
    const { yieldToEventLoop } = this;
    const result = yieldToEventLoop ? await runAsync(work(), yieldToEventLoop) : runSync(work());
    const [oldest] = this.answers.keys();
    if (this.answers.size >= mostAnswers && oldest !== undefined) this.answers.delete(oldest);
    this.answers.set(key, result);
    return result;
  }
}

/** Steps of one kind together, in an order that does not depend on when they were made. */
function summed(steps: readonly SampledSteps[]): SampledSteps[] {
  const sums = new Map<string, SampledSteps>();
  for (const { noise, rate, steps: count } of steps) {
    const key = `${noise} ${rate}`;
    sums.set(key, { noise, rate, steps: (sums.get(key)?.steps ?? 0) + count });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
}
