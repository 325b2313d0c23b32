import type { Look } from '../status/look';

/** Identity of a role at work, for people. */
export interface MonitorHead {
  /** Id of its node. */
  readonly id: string;
  readonly kind: 'coordinator' | 'participant';
  /** Name of its node; may be empty. */
  readonly name: string;
  readonly federation: string;
  /** Its id at the broker. */
  readonly gateway: string;
}

/** The parts of a role that it shows, as plain data. A snapshot has all of them, a change those that have changed. */
export type MonitorParts = Readonly<Record<string, unknown>> & { readonly look?: Look };

/** A role whose work can be watched. While nobody watches, it costs one point per version or round. */
export interface Monitor {
  readonly head: MonitorHead;
  /** Everything that it shows. */
  snapshot(): MonitorParts;
  /** Somebody begins to watch: from now on `changes` gives what has changed since this moment. */
  begin(): void;
  /** The parts that have changed since the last call; undefined: nothing. Applying a change twice does no harm. */
  changes(): MonitorParts | undefined;
}
