/** Options of a reading. */
export interface ReadingOptions {
  readonly nowMs: number;
  /** Adds the ids of gateways as labels. Default false: they may be thousands, each with series of its own. */
  readonly byGateway?: boolean;
}
