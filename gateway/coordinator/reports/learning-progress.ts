import { type Clock, type Waiting, WaitingRecord } from '../../platform';
import type { CoordinatorNeed, CoordinatorPhase } from './status';

/** Time without an accepted update after which it is missed, at least. */
const patienceMs = 45_000;
/** The same for the first one since gateways could send: windows have to be filled, and how often updates come is not known. */
const firstPatienceMs = 52_000;
/** Number of usual pauses between two updates after which the next one is missed. */
const pausesMissed = 3;
/** Time for which contributions wait in a buffer that cannot be full before that is said. */
const bufferMs = 30_000;
/** Share of a longer pause that remains usual with each shorter one. */
const memory = 0.8;

/** The condition of a coordinator that decides whether it learns. */
export interface LearningCondition {
  readonly phase: CoordinatorPhase;
  readonly online: boolean;
  /** A coordinator that has a claim does not answer. */
  readonly contesting: boolean;
  readonly missingWindows: number;
  readonly gatewaysOnline: number;
  readonly version: number;
  /** Contributions that wait, and the number that makes a version. */
  readonly buffered: number;
  readonly bufferSize: number;
}

/** Notes the progress of a coordinator, and finds what it waits for if there is none. */
export class LearningProgress {
  private accepted = 0;
  private refused = 0;
  private refusedSinceAccepted = false;
  private acceptedMs: number;
  /** Since when updates could come; undefined: they cannot. */
  private ableMs: number | undefined;
  /** The usual pause between two updates. */
  private pauseMs = 0;
  /** The version that the waiting contributions follow, and since when they wait. */
  private buffering: { readonly version: number; readonly sinceMs: number } | undefined;
  private readonly record: WaitingRecord<CoordinatorNeed>;

  constructor(private readonly clock: Clock) {
    this.acceptedMs = clock.now();
    this.ableMs = clock.now();
    this.record = new WaitingRecord(clock);
  }

  /** Takes the numbers of updates that were accepted and refused so far. */
  count(accepted: number, refused: number): void {
    if (accepted !== this.accepted) {
      const now = this.clock.now();
      this.pauseMs = Math.max(now - this.idleSince(), memory * this.pauseMs);
      this.acceptedMs = now;
      this.refusedSinceAccepted = false;
    } else if (refused !== this.refused) this.refusedSinceAccepted = true;
    this.accepted = accepted;
    this.refused = refused;
  }

  /** The cause of a wait; undefined while it learns, and in phases that name the cause. */
  waiting(condition: LearningCondition): Waiting<CoordinatorNeed> | undefined {
    const [need, sinceMs] = this.need(condition);
    return this.record.update(need, sinceMs);
  }

  private need(condition: LearningCondition): [CoordinatorNeed?, number?] {
    const { phase, online, contesting, missingWindows, gatewaysOnline } = condition;
    const bufferingMs = this.bufferingSince(condition);
    const isAble = phase === 'collecting' && online && gatewaysOnline > 0;
    this.ableMs = isAble ? (this.ableMs ?? this.clock.now()) : undefined;
    if (['paused', 'refused', 'standby', 'stopped'].includes(phase)) return [];
    if (!online) return ['broker'];
    if (contesting && phase === 'starting') return ['lease'];
    if (phase === 'warming') return missingWindows > 0 ? ['windows'] : [];
    if (phase !== 'collecting') return [];
    if (gatewaysOnline === 0) return ['gateways'];
    const now = this.clock.now();
    if (now - bufferingMs >= bufferMs && gatewaysOnline < condition.bufferSize)
      return ['contributions', bufferingMs];
    const sinceMs = this.idleSince();
    const isFirst = sinceMs === this.ableMs && !this.refusedSinceAccepted;
    const usualMs = Math.max(isFirst ? firstPatienceMs : patienceMs, pausesMissed * this.pauseMs);
    if (now - sinceMs < usualMs) return [];
    return [this.refusedSinceAccepted ? 'usable-updates' : 'updates', sinceMs];
  }

  /** Since when updates could have come, and none was accepted. */
  private idleSince(): number {
    return Math.max(this.acceptedMs, this.ableMs ?? this.clock.now());
  }

  /** Since when contributions have waited for others. */
  private bufferingSince({ phase, version, buffered }: LearningCondition): number {
    if (buffered === 0 || phase !== 'collecting') this.buffering = undefined;
    else if (this.buffering?.version !== version) this.buffering = { version, sinceMs: this.clock.now() };
    return this.buffering?.sinceMs ?? Number.POSITIVE_INFINITY;
  }
}
