import { FtteError } from '../../platform';
import type { GivenLabel } from './label-action';

/** A label that readings have from now on. */
interface ActiveLabel {
  readonly label: GivenLabel;
  readonly sinceMs: number;
  /** When it ends by itself. */
  readonly untilMs: number;
}

/** Subjects with a label of their own, at most: as many as there are streams. */
const mostSubjects = 256;

/**
 * The labels that readings have now: of all subjects, or of each. What was said last counts, so that a word about all ends
 * what was said about one.
 */
export class ActiveLabels {
  private all: ActiveLabel | undefined;
  /** Undefined for a subject that has no label although all others have. */
  private readonly own = new Map<string, ActiveLabel | undefined>();

  /** @throws FtteError `message-invalid` if too many subjects have a label of their own */
  start(
    subject: string | undefined,
    label: GivenLabel,
    nowMs: number,
    forMs = Number.POSITIVE_INFINITY,
  ): void {
    const before = this.find(subject, nowMs);
    const sinceMs = before?.label === label ? before.sinceMs : nowMs;
    this.set(subject, { label, sinceMs, untilMs: nowMs + forMs }, nowMs);
  }

  /** Without a label there is nothing to stop. */
  stop(subject: string | undefined, nowMs: number): void {
    if (subject !== undefined && !this.isOn(this.all, nowMs)) this.own.delete(subject);
    else this.set(subject, undefined, nowMs);
  }

  /** The label of readings of a subject that come now. */
  of(subject: string | undefined, nowMs: number): GivenLabel | undefined {
    return this.find(subject, nowMs)?.label;
  }

  /** Labels that are active now. */
  active(nowMs: number): readonly Pick<ActiveLabel, 'label' | 'sinceMs'>[] {
    return [this.all, ...this.own.values()].filter((one) => this.isOn(one, nowMs));
  }

  private find(subject: string | undefined, nowMs: number): ActiveLabel | undefined {
    const isOwn = subject !== undefined && this.own.has(subject);
    const found = isOwn ? this.own.get(subject) : this.all;
    return this.isOn(found, nowMs) ? found : undefined;
  }

  private set(subject: string | undefined, label: ActiveLabel | undefined, nowMs: number): void {
    if (subject === undefined) {
      this.own.clear();
      this.all = label;
      return;
    }
    if (!this.own.has(subject) && this.own.size >= mostSubjects) this.makeRoom(nowMs);
    this.own.set(subject, label);
  }

  /** Forgets labels that have ended by themselves. */
  private makeRoom(nowMs: number): void {
    for (const [subject, label] of this.own)
      if (label && !this.isOn(label, nowMs) && !this.isOn(this.all, nowMs)) this.own.delete(subject);
    if (this.own.size < mostSubjects) return;
    throw new FtteError(
      'message-invalid',
      `msg.subject is the ${mostSubjects + 1}th with a label of its own, expected at most ${mostSubjects}; an action without a subject is about all of them`,
      { field: 'subject' },
    );
  }

  private isOn(label: ActiveLabel | undefined, nowMs: number): label is ActiveLabel {
    return label !== undefined && nowMs < label.untilMs;
  }
}
