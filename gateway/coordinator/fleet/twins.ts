/** Options of `Twins`. */
export interface TwinsOptions {
  /** Names the newest run of a gateway to all of its runs. */
  readonly name: (gateway: string, instance: string) => void;
  /** Two runs of one id are connected. */
  readonly onTwins: (gateway: string) => void;
}

/** Gateways that are remembered. */
const mostGateways = 10_000;

/**
 * Finds two machines with one gateway id. A hello of another run is usually a restart. All runs that are connected receive
 * the name of the new one; an earlier run that receives it answers with its own hello, which only one that is there can.
 */
export class Twins {
  /** The runs that were seen, by gateway. */
  private readonly seen = new Map<string, Set<string>>();

  constructor(private readonly options: TwinsOptions) {}

  /** A run introduced itself after another one of the same gateway. */
  found(gateway: string, instance: string): void {
    const { name, onTwins } = this.options;
    const runs = this.seen.get(gateway) ?? new Set<string>();
    if (runs.has(instance)) onTwins(gateway);
    if (this.seen.size < mostGateways) this.seen.set(gateway, runs);
    // Those from before a restart do not come back.
    if (runs.size > 16) runs.clear();
    runs.add(instance);
    name(gateway, instance);
  }
}
