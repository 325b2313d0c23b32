/** Memory that is kept for deltas to come. */
const mostBytes = 8 * 1024 * 1024;

/**
 * Memory of deltas that are done with, for those to come: what a garbage collector costs follows from the bytes that are
 * allocated outside its heap, and these would be most of them.
 */
export class DeltaPool {
  private readonly free: Float32Array[] = [];
  private bytes = 0;

  /** @param limit bytes that are kept at most */
  constructor(private readonly limit = mostBytes) {}

  /** An array of this length; its values are arbitrary. */
  take(length: number): Float32Array {
    const at = this.free.findLastIndex((array) => array.length === length);
    const [array] = at < 0 ? [] : this.free.splice(at, 1);
    if (!array) return new Float32Array(length);
    this.bytes -= array.byteLength;
    return array;
  }

  /** Takes an array back that nobody will read again. */
  give(array: Float32Array): void {
    if (this.bytes + array.byteLength > this.limit) return;
    this.free.push(array);
    this.bytes += array.byteLength;
  }
}
