import type { Notice, StorageCause } from '../../../gateway/platform';
import { storageCause } from './storage-problem';

/** A notice as roles give it; errors of their own have no details. */
export type MonitorNotice = Omit<Notice, 'details'> & Partial<Pick<Notice, 'details'>>;

/** A notice as the sidebar lists it. */
export interface MonitorEvent {
  /** Counts the events of a monitor; one that happens again gets a new number. */
  readonly sequence: number;
  /** When it last happened, ms since the epoch. */
  readonly timeMs: number;
  readonly level: Notice['level'];
  readonly code: string;
  readonly text: string;
  readonly count: number;
  /** The gateway or coordinator that it is about, for languages in which `text` is folded; absent if it is about none. */
  readonly about?: string;
  /** Why storage fails, if it does and the cause is known. */
  readonly cause?: StorageCause;
}

/** The newest notices of a role. The same one is listed once, with its number. */
export class EventList {
  private events: readonly MonitorEvent[] = [];
  private sequence = 0;

  constructor(private readonly most = 100) {}

  /** Newest last. */
  get all(): readonly MonitorEvent[] {
    return this.events;
  }

  /** The number of the newest event. */
  get newest(): number {
    return this.sequence;
  }

  /** Events that have happened since the one of this number. */
  after(sequence: number): readonly MonitorEvent[] {
    return this.events.filter((event) => event.sequence > sequence);
  }

  add({ code, level, text, count, details }: MonitorNotice, timeMs: number): void {
    const before = this.events.find((event) => event.code === code && event.text === text);
    const about = details?.['gateway'] ?? details?.['coordinator'];
    const cause = storageCause({ code, text, details });
    const event = {
      sequence: ++this.sequence,
      timeMs,
      level,
      code,
      text,
      count: Math.max(count, (before?.count ?? 0) + 1),
      ...(typeof about === 'string' && { about }),
      ...(cause && { cause }),
    };
    this.events = [...this.events.filter((other) => other !== before), event].slice(-this.most);
  }
}
