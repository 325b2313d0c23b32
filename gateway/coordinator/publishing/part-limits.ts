/** Gateways whose limit is remembered at most. */
const mostGateways = 10_000;

/**
 * The sizes of parts in which messages reach gateways that larger messages do not reach. A message to all gateways is
 * sent in parts that reach each of them.
 */
export class PartLimits {
  private readonly limits = new Map<string, number>();
  private least: number | undefined;

  /** The limit for messages to all gateways, in bytes; undefined if there is none. */
  get forAll(): number | undefined {
    return this.least;
  }

  of(gateway: string): number | undefined {
    return this.limits.get(gateway);
  }

  /** @param bytes undefined: messages of any size reach the gateway */
  set(gateway: string, bytes: number | undefined): void {
    if (bytes === this.limits.get(gateway)) return;
    if (bytes === undefined) this.limits.delete(gateway);
    else if (this.limits.has(gateway) || this.limits.size < mostGateways) this.limits.set(gateway, bytes);
    let least: number | undefined;
    for (const limit of this.limits.values()) least = Math.min(least ?? limit, limit);
    this.least = least;
  }
}
