import { type Clock, FtteError, type Timer } from '../../platform';
import { ActiveLabels } from './active-labels';
import { type HeldLimits, HeldReadings } from './held-readings';
import { type GivenLabel, type LabelAction, subjectOfReading } from './label-action';
import { payloadBytes } from './payload-bytes';

/** Options of a `Labeller`. */
export interface LabellerOptions<Item> {
  readonly clock: Clock;
  /** Milliseconds for which each message waits, so that a label can still reach it. 0: none waits. */
  readonly holdMs: number;
  /** Receives messages in the order in which they came. The label is undefined if nobody has given one. */
  readonly pass: (item: Item, label: GivenLabel | undefined) => void;
  /** Called each time a message has to leave early, because too many wait. */
  readonly onFull: () => void;
  readonly limits?: HeldLimits;
}

/** A message with readings. */
export interface LabelledItem {
  readonly payload?: unknown;
  readonly subject?: unknown;
}

/** Labels that are active now, and counts of messages. */
export interface LabellerState {
  readonly active: readonly { readonly label: GivenLabel; readonly sinceMs: number }[];
  /** Messages that left with a label from here. */
  readonly labelled: number;
  /** Messages that wait. */
  readonly held: number;
}

/** Held back at most: of one sensor with 50 messages per second, 400 s. */
const usualLimits: HeldLimits = { messages: 20_000, bytes: 32 * 1024 * 1024 };
/** Messages that are due within this time leave together. */
const lumpMs = 20;
/** Messages that leave in one turn of the event loop. */
const mostPerTurn = 200;

/** Puts labels on messages with readings, as a person says that they are, or were. Messages keep their order. */
export class Labeller<Item extends LabelledItem> {
  private readonly active = new ActiveLabels();
  private readonly held: HeldReadings<Item>;
  private timer: Timer | undefined;
  private labelled = 0;

  constructor(private readonly options: LabellerOptions<Item>) {
    this.held = new HeldReadings(options.limits ?? usualLimits);
  }

  get state(): LabellerState {
    return {
      active: this.active.active(this.options.clock.now()),
      labelled: this.labelled,
      held: this.held.size,
    };
  }

  /** Takes a message. It leaves at once, or after its time. */
  take(item: Item): void {
    const { clock, holdMs } = this.options;
    const cameMs = clock.now();
    const subject = subjectOfReading(item.subject);
    const label = this.active.of(subject, cameMs);
    if (holdMs === 0) {
      this.pass(item, label);
      return;
    }
    this.held.push({ item, subject, cameMs, label, bytes: payloadBytes(item.payload) });
    while (this.held.isOver) {
      this.options.onFull();
      this.passFirst();
    }
    this.arm();
  }

  /**
   * Does what a person has said.
   * @throws FtteError `message-invalid` if readings of that time have left already; those that have not are labelled
   */
  act(said: LabelAction): void {
    const now = this.options.clock.now();
    if (said.action === 'start') this.active.start(said.subject, said.label, now, said.forMs);
    else if (said.action === 'stop') this.active.stop(said.subject, now);
    else this.labelPast(said, now);
  }

  /** Forgets what waits. */
  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.held.clear();
  }

  private labelPast(said: Extract<LabelAction, { action: 'last' }>, now: number): void {
    const { holdMs } = this.options;
    if (holdMs === 0)
      throw new FtteError(
        'message-invalid',
        'msg.action is "last", expected start or stop, because this node holds no readings back: set how long it does',
        { field: 'action' },
      );
    const { forMs } = said;
    this.held.label(said.label, said.subject, forMs === undefined ? 0 : now - forMs);
    if (forMs !== undefined && forMs > holdMs)
      throw new FtteError(
        'message-invalid',
        `msg.seconds is ${forMs / 1000}, expected at most ${holdMs / 1000}, for which readings are held back; those of the last ${holdMs / 1000} s have the label`,
        { field: 'seconds' },
      );
  }

  private arm(): void {
    const { first } = this.held;
    if (this.timer || !first) return;
    const { clock, holdMs } = this.options;
    const restMs = first.cameMs + holdMs - clock.now();
    this.timer = clock.after(restMs <= 0 ? 0 : Math.max(lumpMs, restMs), () => {
      this.timer = undefined;
      this.passDue();
      this.arm();
    });
  }

  private passDue(): void {
    const { clock, holdMs } = this.options;
    const due = clock.now() - holdMs;
    for (let count = 0; count < mostPerTurn; count++) {
      const { first } = this.held;
      if (!first || first.cameMs > due) return;
      this.passFirst();
    }
  }

  private passFirst(): void {
    const first = this.held.shift();
    if (first) this.pass(first.item, first.label);
  }

  private pass(item: Item, label: GivenLabel | undefined): void {
    if (label !== undefined) this.labelled++;
    this.options.pass(item, label);
  }
}
