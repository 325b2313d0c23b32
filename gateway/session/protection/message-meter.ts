import type { Clock } from '../../platform';
import { TokenBucket } from './token-bucket';

/** Messages and parts of one member that are handled: at once, and in each second. Two of the largest messages in parts fit. */
export const mostAtOnce = 8_192;
export const perSecond = 2_000;
const limits = { burst: mostAtOnce, perSecond };

/**
 * Bounds the messages of each member that are handled (P-35). Only messages that a member has really sent are counted, so that
 * nobody uses up another one's.
 */
export class MessageMeter {
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(private readonly clock: () => Clock | undefined) {}

  /** Whether a member has sent more than is handled at this time. */
  isOver(member: string): boolean {
    return this.buckets.get(member)?.isEmpty ?? false;
  }

  /** A message of the member was opened. */
  count(member: string): void {
    const bucket = this.buckets.get(member) ?? new TokenBucket(limits, () => this.clock()?.now() ?? 0);
    this.buckets.set(member, bucket);
    bucket.take();
  }
}
