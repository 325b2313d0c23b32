import type { Samples } from '../interface/engine';

/**
 * Copies of samples in shared memory that is used again. New copies that are moved to the thread would pile up there
 * as garbage, because a thread whose own heap is small and idle hardly ever collects it: tens of megabytes.
 */
export class SampleBuffers {
  /** Not in use, one at most: requests rarely wait. */
  private spare: SharedArrayBuffer | undefined;

  /** The copy, to be given back when nobody reads it any more. */
  lend({ count, x, y }: Samples): Samples {
    const bytes = x.byteLength + y.byteLength;
    const fits = this.spare && this.spare.byteLength >= bytes;
    const buffer = fits && this.spare ? this.spare : new SharedArrayBuffer(bytes);
    if (fits) this.spare = undefined;
    const copy = {
      count,
      x: new Float32Array(buffer, 0, x.length),
      y: new Uint16Array(buffer, x.byteLength, y.length),
    };
    copy.x.set(x);
    copy.y.set(y);
    return copy;
  }

  giveBack({ x }: Samples): void {
    const { buffer } = x;
    if (!(buffer instanceof SharedArrayBuffer)) return;
    if (!this.spare || this.spare.byteLength < buffer.byteLength) this.spare = buffer;
  }
}
