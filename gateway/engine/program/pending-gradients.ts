import type { Schedule } from '../arena/schedule';
import { addView, clearHalo, copyView, type View } from '../arena/view';

/**
 * Gradients that came to a join of two values and wait for the way back to reach the earlier one: there the two branches'
 * gradients are summed. Whoever would overwrite one that waits gets a copy to work on.
 */
export class PendingGradients {
  private readonly waiting: Held[] = [];

  constructor(
    private readonly schedule: Schedule,
    private readonly allocate: (edge: number) => View,
  ) {}

  /** Keeps a gradient for an edge further down. */
  hold(view: View, edge: number): void {
    this.waiting.push({ view, edge });
  }

  /** A place for the gradient of an edge further down, which the caller fills. */
  open(edge: number): View {
    const view = this.allocate(edge);
    clearHalo(this.schedule, 'backward', view);
    this.hold(view, edge);
    return view;
  }

  /** The gradient of an edge from which nothing comes but what waits for it: the end of a branch. */
  take(edge: number): View {
    const sum = this.allocate(edge);
    clearHalo(this.schedule, 'backward', sum);
    this.collect(edge).forEach(({ view }, i) => {
      const emit = i === 0 ? copyView : addView;
      emit(this.schedule, 'backward', view, sum);
    });
    return sum;
  }

  /** The gradient of an edge in bytes that may be changed. */
  writable(view: View, edge: number): View {
    return this.waiting.some((held) => held.view.buffer === view.buffer) ? this.copy(view, edge) : view;
  }

  /** The gradient of an edge with all that waited for it. */
  join(view: View, edge: number): View {
    const mine = this.collect(edge);
    if (mine.length === 0) return view;
    const own = mine.filter((held) => held.view.buffer === view.buffer);
    // Added to itself once it doubles, which is right; only as the first, and only once.
    const sum = own.length > 1 ? this.copy(view, edge) : this.writable(view, edge);
    const rest = mine.filter((held) => held.view.buffer !== view.buffer);
    for (const held of [...own, ...rest]) addView(this.schedule, 'backward', held.view, sum);
    return sum;
  }

  /** Removes the gradients that wait for an edge, and gives them. */
  private collect(edge: number): readonly Held[] {
    const mine = this.waiting.filter((held) => held.edge === edge);
    const others = this.waiting.filter((held) => held.edge !== edge);
    this.waiting.splice(0, this.waiting.length, ...others);
    return mine;
  }

  private copy(view: View, edge: number): View {
    const copy = this.allocate(edge);
    clearHalo(this.schedule, 'backward', copy);
    copyView(this.schedule, 'backward', view, copy);
    return copy;
  }
}

/** A gradient, and the edge that it waits for. */
interface Held {
  readonly view: View;
  readonly edge: number;
}
