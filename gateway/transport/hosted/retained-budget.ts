import { limits } from './limits';

/** The place that one message needs beside its topic and payload, about. */
const overheadBytes = 256;

interface Kept {
  readonly bytes: number;
  readonly owner: string | undefined;
}

interface Sum {
  count: number;
  bytes: number;
}

/** Counts the retained messages of a broker, and their bytes, so that clients cannot fill the memory with them. */
export class RetainedBudget {
  private readonly kept = new Map<string, Kept>();
  private readonly owners = new Map<string, Sum>();
  private readonly total: Sum = { count: 0, bytes: 0 };

  get count(): number {
    return this.total.count;
  }

  get bytes(): number {
    return this.total.bytes;
  }

  /**
   * Takes up a retained message. Empty bytes clear what was retained on the topic.
   * @param owner the user, if it stands for one gateway and has limits of its own
   * @returns false if there is no room; what was retained on the topic before remains
   */
  take(topic: string, payloadBytes: number, owner: string | undefined): boolean {
    const before = this.kept.get(topic);
    if (payloadBytes === 0) {
      if (before) this.release(topic, before);
      return true;
    }
    const bytes = 2 * topic.length + payloadBytes + overheadBytes;
    if (!fits(this.total, before, bytes, limits.retained, limits.retainedBytes)) return false;
    if (owner !== undefined) {
      const sum = this.owners.get(owner) ?? { count: 0, bytes: 0 };
      const own = before?.owner === owner ? before : undefined;
      if (!fits(sum, own, bytes, limits.retainedOfGateway, limits.retainedBytesOfGateway)) return false;
    }
    if (before) this.release(topic, before);
    this.kept.set(topic, { bytes, owner });
    add(this.total, 1, bytes);
    if (owner !== undefined) {
      const sum = this.owners.get(owner) ?? { count: 0, bytes: 0 };
      add(sum, 1, bytes);
      this.owners.set(owner, sum);
    }
    return true;
  }

  /** The topics of messages that a user retains. */
  topicsOf(owner: string): string[] {
    return [...this.kept].filter(([, kept]) => kept.owner === owner).map(([topic]) => topic);
  }

  private release(topic: string, { bytes, owner }: Kept): void {
    this.kept.delete(topic);
    add(this.total, -1, -bytes);
    const sum = owner === undefined ? undefined : this.owners.get(owner);
    if (!sum || owner === undefined) return;
    add(sum, -1, -bytes);
    if (sum.count === 0) this.owners.delete(owner);
  }
}

function fits(sum: Sum, before: Kept | undefined, bytes: number, count: number, most: number): boolean {
  return sum.count + (before ? 0 : 1) <= count && sum.bytes - (before?.bytes ?? 0) + bytes <= most;
}

function add(sum: Sum, count: number, bytes: number): void {
  sum.count += count;
  sum.bytes += bytes;
}
