/** The beginning of a region, as its caller waits for it. It ends once. */
export class Adoption {
  readonly done: Promise<void>;
  private over = false;
  private resolve: () => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Not every caller waits, and the failure is a problem of the region, too.
    this.done.catch(() => undefined);
  }

  /** Whether nobody waits for it any more. */
  get isOver(): boolean {
    return this.over;
  }

  /** The region works, or goes on by itself. */
  succeed(): void {
    this.over = true;
    this.resolve();
  }

  /** The region cannot begin. */
  fail(error: Error): void {
    this.over = true;
    this.reject(error);
  }
}
