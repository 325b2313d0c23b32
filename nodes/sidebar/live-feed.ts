import type { Clock, Timer } from '../../gateway/platform';
import type { Monitor, MonitorHead, MonitorParts } from '../runtime';

/** Pause between two messages. */
const intervalMs = 500;
/** Time after which an editor that says nothing watches no more: it was closed, or its computer sleeps. */
export const watchMs = 30_000;
/** Most editors that watch; a further one replaces the one that was silent for longest. */
const mostWatchers = 64;

/** The roles that the feed follows. */
export interface MonitorList {
  readonly all: readonly Monitor[];
}

/** A message to the editors. */
export interface LiveMessage {
  /** Ids of the roles that work now, coordinators first. */
  readonly ids: readonly string[];
  /** Those that work since the last message, after a deploy for example: editors ask for everything about them. */
  readonly begun: readonly string[];
  /** Time of the runtime, ms since the epoch. */
  readonly nowMs: number;
  /** The parts that have changed, by the id of their role. */
  readonly changes: Readonly<Record<string, MonitorParts>>;
}

/** Everything about all roles. */
export interface FeedSnapshot {
  readonly nowMs: number;
  /** `run` is another number after each start of a role. */
  readonly roles: readonly (MonitorHead & MonitorParts & { readonly run: number })[];
}

/** Sends what has changed to the editors whose sidebar is shown, at most two messages per second, and nothing without them. */
export class LiveFeed {
  /** When each editor was last known to watch, in that order. */
  private readonly watchers = new Map<string, number>();
  private timer: Timer | undefined;
  /** Roles whose changes are followed since `begin`. */
  private followed = new Set<Monitor>();
  private sentIds = '';
  private readonly runs = new WeakMap<Monitor, number>();
  private newestRun = 0;

  constructor(
    private readonly monitors: MonitorList,
    private readonly clock: Clock,
    private readonly publish: (message: LiveMessage) => void,
  ) {}

  /** Number of editors that watch. */
  get watching(): number {
    return this.watchers.size;
  }

  /** An editor shows the sidebar, for `watchMs` from now. */
  watch(editor: string): void {
    this.watchers.delete(editor);
    this.watchers.set(editor, this.clock.now());
    const [longest] = this.watchers.keys();
    if (this.watchers.size > mostWatchers && longest !== undefined) this.watchers.delete(longest);
    if (this.timer) return;
    this.follow();
    this.sentIds = this.ids.join();
    this.wait();
  }

  /** An editor hides the sidebar. */
  leave(editor: string): void {
    this.watchers.delete(editor);
    if (this.watchers.size === 0) this.stop();
  }

  snapshot(): FeedSnapshot {
    const roles = this.monitors.all.map((monitor) => ({
      ...monitor.head,
      ...monitor.snapshot(),
      run: this.runOf(monitor),
    }));
    return { nowMs: this.clock.now(), roles };
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.followed.clear();
  }

  private runOf(monitor: Monitor): number {
    const run = this.runs.get(monitor) ?? ++this.newestRun;
    this.runs.set(monitor, run);
    return run;
  }

  private get ids(): string[] {
    return this.monitors.all.map(({ head }) => head.id);
  }

  private wait(): void {
    this.timer = this.clock.after(intervalMs, () => {
      const now = this.clock.now();
      for (const [editor, since] of this.watchers) if (now - since >= watchMs) this.watchers.delete(editor);
      if (this.watchers.size === 0) return this.stop();
      this.send();
      this.wait();
    });
  }

  private send(): void {
    const changes: Record<string, MonitorParts> = {};
    for (const monitor of this.monitors.all.filter((one) => this.followed.has(one))) {
      const parts = monitor.changes();
      if (parts) changes[monitor.head.id] = parts;
    }
    const begun = this.follow();
    const ids = this.ids;
    if (Object.keys(changes).length === 0 && begun.length === 0 && ids.join() === this.sentIds) return;
    this.sentIds = ids.join();
    this.publish({ ids, begun, nowMs: this.clock.now(), changes });
  }

  /** Follows the roles that work now. @returns the ids of those that are new */
  private follow(): string[] {
    const running = this.monitors.all;
    const begun = running.filter((monitor) => !this.followed.has(monitor));
    for (const monitor of begun) monitor.begin();
    this.followed = new Set(running);
    return begun.map(({ head }) => head.id);
  }
}
