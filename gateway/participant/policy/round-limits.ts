import { bytesOfFloats, type Clock, crc32 } from '../../platform';
import { type SampleBatch, type SampleStore, windowsOf } from '../../stream';
import type { Update } from '../../wire';
import type { GatewayPolicy } from './gateway-policy';

const hourMs = 3_600_000;

/** Holds rounds to a policy: fewest distinct samples and steps, most updates in an hour. */
export class RoundLimits {
  /** Times of the updates of the last hour, oldest first. */
  private sent: number[] = [];
  /** Windows never change, so each is read once. */
  private readonly keys = new WeakMap<Float32Array, number>();

  /** @param policy undefined: there are no limits */
  constructor(
    private readonly policy: GatewayPolicy | undefined,
    private readonly clock: Clock,
  ) {}

  /** Fewest samples of a round. */
  get fewestSamples(): number {
    return this.policy?.fewestSamples ?? 1;
  }

  /** The reason why no round may begin now, as a sentence; undefined: one may. */
  obstacle(store: SampleStore): string | undefined {
    const { policy } = this;
    if (!policy) return undefined;
    const { fewestSamples, mostUpdatesPerHour } = policy;
    const since = this.clock.now() - hourMs;
    while (this.sent[0] !== undefined && this.sent[0] <= since) this.sent.shift();
    if (this.sent.length >= mostUpdatesPerHour)
      return `this gateway sends at most ${mostUpdatesPerHour} updates an hour (its mostUpdatesPerHour)`;
    if (store.size < fewestSamples) return undefined;
    const distinct = this.distinct(store.list().map(({ window }) => window));
    return distinct < fewestSamples ? tooAlike(distinct, store.size, fewestSamples) : undefined;
  }

  /** The reason why a round may not train on these samples, as a sentence; undefined: it may. */
  batchObstacle(batch: SampleBatch): string | undefined {
    const { policy, fewestSamples } = this;
    if (!policy) return undefined;
    const distinct = this.distinct(windowsOf(batch));
    return distinct < fewestSamples ? tooAlike(distinct, batch.count, fewestSamples) : undefined;
  }

  /** The reason why an update may not leave this gateway, as a sentence; undefined: it may, and counts. */
  updateObstacle({ samples, steps }: Pick<Update, 'samples' | 'steps'>): string | undefined {
    const { policy } = this;
    if (!policy) return undefined;
    const { fewestSamples, fewestSteps } = policy;
    if (samples < fewestSamples)
      return `the round took ${samples} samples, this gateway sends updates of at least ${fewestSamples} (its fewestSamples)`;
    if (steps < fewestSteps)
      return `the round made ${steps} steps, this gateway sends updates of at least ${fewestSteps} (its fewestSteps)`;
    this.sent.push(this.clock.now());
    return undefined;
  }

  /** The number of distinct windows, counted up to the fewest that a round needs. */
  private distinct(windows: readonly Float32Array[]): number {
    const seen = new Set<number>();
    for (const window of windows) {
      let key = this.keys.get(window);
      if (key === undefined) {
        key = crc32(bytesOfFloats(window));
        this.keys.set(window, key);
      }
      seen.add(key);
      if (seen.size >= this.fewestSamples) break;
    }
    return seen.size;
  }
}

const tooAlike = (distinct: number, count: number, fewest: number) =>
  `${distinct} of ${count} samples are distinct, this gateway trains on at least ${fewest} (its fewestSamples)`;
