import type { Clock } from '../../platform';

/** Messages and parts of one member that are handled: at once, and in each second. Two of the largest messages in parts fit. */
export const mostAtOnce = 8_192;
export const perSecond = 2_000;

interface Bucket {
  left: number;
  ms: number;
}

/**
 * Bounds the messages of each member that are handled (P-35): a token bucket of each. Only messages that a member has really
 * sent are counted, so that nobody uses up another one's.
 */
export class MessageMeter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly clock: () => Clock | undefined) {}

  /** Whether a member has sent more than is handled at this time. */
  isOver(member: string): boolean {
    const bucket = this.buckets.get(member);
    return bucket !== undefined && this.filled(bucket) < 1;
  }

  /** A message of the member was opened. */
  count(member: string): void {
    const bucket = this.buckets.get(member) ?? { left: mostAtOnce, ms: this.now };
    this.buckets.set(member, bucket);
    bucket.left = this.filled(bucket) - 1;
    bucket.ms = this.now;
  }

  private filled({ left, ms }: Bucket): number {
    const passed = Math.max(0, this.now - ms);
    return Math.min(mostAtOnce, left + (passed * perSecond) / 1_000);
  }

  private get now(): number {
    return this.clock()?.now() ?? 0;
  }
}
