import type { Task } from '../../task';
import { type BeatEvent, BeatEvents } from './beat-events';
import { BeatMeasures } from './beat-measures';
import { measurePlaces } from './computed-inputs';

/** Rows that are kept, and how windows are taken from them. */
export interface RowHistory {
  readonly rowsSoFar: number;
  labelOf(row: number): number;
  take(
    first: number,
  ): { readonly window: Float32Array; readonly fresh: number; readonly between: number } | undefined;
}

/** A window around a beat. */
export interface BeatWindow {
  /** `[length, channels]` with the measures of the beat in its side inputs, not normalised. */
  readonly window: Float32Array;
  /** Label of the reading at the beat; -1 for none. */
  readonly label: number;
  /** Its first row in the run. */
  readonly first: number;
  /** Rows of it that no window had before, and rows before it that no window has. */
  readonly fresh: number;
  readonly between: number;
}

/** Cuts windows around the beats of one stream, each as soon as its rows and the beat after it are there. */
export class BeatWindows {
  private readonly events: BeatEvents;
  private readonly measures: BeatMeasures;
  private readonly lead: number;
  private readonly places: readonly number[];
  private readonly before: number;
  /** Channels that come with readings. */
  private readonly width: number;
  private waiting: BeatEvent[] = [];

  /** @throws FtteError `config-invalid` if the rate is too low for beats to be found */
  constructor(
    private readonly input: Task['input'],
    cut: NonNullable<Extract<Task['input']['cut'], { before: number }>>,
  ) {
    this.events = new BeatEvents(cut.kind === 'beats' ? 'found' : 'marked', input.rateHz);
    this.before = cut.before;
    this.measures = new BeatMeasures(input.rateHz, cut.before, input.length);
    this.places = measurePlaces(input);
    this.width = this.places.filter((place) => place < 0).length;
    const lead = cut.kind === 'beats' ? input.channels.findIndex(({ name }) => name === cut.channel) : 0;
    this.lead = Math.max(0, lead);
  }

  /** Rows before its window that have to be kept, besides those of a window. */
  get patience(): number {
    return this.before + this.events.patience;
  }

  /** Takes the newest of the kept rows. */
  *row(values: Float64Array, isMarked: boolean, kept: RowHistory): Iterable<BeatWindow> {
    const event = this.events.row(values[this.lead]!, isMarked);
    if (event) this.waiting.push(event);
    const { length } = this.input;
    while (this.waiting[0] && this.waiting[0].row - this.before + length <= kept.rowsSoFar) {
      const beat = this.waiting.shift()!;
      const first = beat.row - this.before;
      const taken = kept.take(first);
      // The run began within the window.
      if (!taken) continue;
      const lead = { window: taken.window, channels: this.width, channel: this.lead };
      const side = this.measures.next('', { ...beat, ...lead });
      yield {
        ...taken,
        window: this.widened(taken.window, side),
        label: kept.labelOf(beat.row),
        first,
      };
    }
  }

  /** Begins another run of rows. What is usual for the person stays. */
  reset(): void {
    this.events.reset();
    this.waiting = [];
  }

  private widened(rows: Float32Array, side: readonly number[]): Float32Array {
    const { places, width } = this;
    if (width === places.length) return rows;
    const count = rows.length / width;
    const wide = new Float32Array(count * places.length);
    for (let row = 0; row < count; row++) {
      let from = row * width;
      places.forEach((place, c) => {
        wide[row * places.length + c] = place < 0 ? rows[from++]! : side[place]!;
      });
    }
    return wide;
  }
}
