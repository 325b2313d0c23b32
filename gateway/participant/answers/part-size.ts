/**
 * Sizes of parts, in bytes, that are tried in turn if larger messages do not arrive. They are few, because each failure
 * costs a wait.
 */
const sizes: readonly number[] = [32 * 1024, 4 * 1024, 1024];

/**
 * The size of parts in which messages are sent or requested. A broker may drop messages above a limit that it does not
 * announce, so each failure makes the parts smaller, until an answer shows which size passes.
 */
export class PartSize {
  private present: number | undefined;
  private before: number | undefined;

  /** @param proven a size of parts that passed before; undefined if whole messages did, or nothing is known */
  constructor(private proven: () => number | undefined) {}

  /** The size to try now, in bytes; undefined: as large as the broker is known to accept. */
  get bytes(): number | undefined {
    return this.present ?? this.proven();
  }

  /** The size of the last attempt that failed. */
  get failedBytes(): number | undefined {
    return this.before;
  }

  /** Whether `shrink` would find a smaller size. @param wholeBytes as for `shrink` */
  canShrink(wholeBytes: number): boolean {
    return sizes.some((size) => size < Math.min(this.bytes ?? wholeBytes, wholeBytes));
  }

  /** @param wholeBytes the size of parts, or of the message, that did not arrive */
  shrink(wholeBytes: number): void {
    const failed = Math.min(this.bytes ?? wholeBytes, wholeBytes);
    const next = sizes.find((size) => size < failed);
    if (next === undefined) return;
    this.before = failed;
    this.present = next;
  }

  /** Starts again with the proven size. */
  reset(): void {
    this.present = undefined;
    this.before = undefined;
  }
}
