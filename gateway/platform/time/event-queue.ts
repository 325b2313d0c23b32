/** An event of an `EventQueue`, which is due at a time. */
export interface QueuedEvent<T> {
  readonly due: number;
  readonly value: T;
}

interface Entry<T> extends QueuedEvent<T> {
  readonly order: number;
  /** Place in the heap; -1 once the event has left the queue. */
  place: number;
}

/**
 * A binary min-heap of events by time. Events of equal times leave in the order in which they came, so that a
 * simulation repeats. `push`, `shift` and `remove` take O(log n).
 */
export class EventQueue<T> {
  private readonly heap: Entry<T>[] = [];
  private sequence = 0;

  get size(): number {
    return this.heap.length;
  }

  /** The event that leaves next. */
  get first(): QueuedEvent<T> | undefined {
    return this.heap[0];
  }

  push(due: number, value: T): QueuedEvent<T> {
    const entry: Entry<T> = { due, value, order: this.sequence++, place: this.heap.length };
    this.heap.push(entry);
    this.rise(entry);
    return entry;
  }

  shift(): QueuedEvent<T> | undefined {
    const first = this.heap[0];
    if (first) this.take(first);
    return first;
  }

  /** Removes an event that `push` returned. @returns false if it has already left the queue */
  remove(event: QueuedEvent<T>): boolean {
    const entry = event as Entry<T>;
    if (this.heap[entry.place] !== entry) return false;
    this.take(entry);
    return true;
  }

  private take(entry: Entry<T>): void {
    const last = this.heap.pop() as Entry<T>;
    if (last !== entry) {
      last.place = entry.place;
      this.heap[last.place] = last;
      this.rise(last);
      this.sink(last);
    }
    entry.place = -1;
  }

  private rise(entry: Entry<T>): void {
    while (entry.place > 0) {
      const parent = this.heap[(entry.place - 1) >> 1] as Entry<T>;
      if (!before(entry, parent)) return;
      this.swap(entry, parent);
    }
  }

  private sink(entry: Entry<T>): void {
    for (;;) {
      const left = this.heap[2 * entry.place + 1];
      const right = this.heap[2 * entry.place + 2];
      const child = left && right && before(right, left) ? right : left;
      if (!child || !before(child, entry)) return;
      this.swap(child, entry);
    }
  }

  private swap(child: Entry<T>, parent: Entry<T>): void {
    const place = child.place;
    child.place = parent.place;
    parent.place = place;
    this.heap[child.place] = child;
    this.heap[parent.place] = parent;
  }
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
