import type { Log } from '../../platform';
import { decodeShares } from '../../wire';

/**
 * The shares of labels that rounds train with: the newest that came with a head or a grant. A coordinator that has none to send
 * takes none away: labels come as often as before.
 */
export class HeldShares {
  private held: { readonly version: number; readonly bytes: Uint8Array } | undefined;
  /** The version of the last shares that were older than the held ones. */
  private older: number | undefined;
  private isSaid = false;

  constructor(private readonly log: Log) {}

  /**
   * Takes the shares of a version. Older ones than those that are held are late. Two that ascend mean that the coordinator
   * counts from an earlier version.
   * @param labels number of the task's labels
   */
  take(version: number, bytes: Uint8Array | undefined, labels: number): void {
    if (!bytes) return;
    if (bytes.length !== labels) {
      this.say(`${bytes.length} shares of labels came with version ${version}, expected ${labels}`);
      return;
    }
    const { held, older = Number.POSITIVE_INFINITY } = this;
    const isLate = held !== undefined && version < held.version && version <= older;
    this.older = isLate ? version : undefined;
    if (!isLate) this.held = { version, bytes };
  }

  /** The logarithms of the shares; undefined: none are known. */
  logarithms(labels: number): Float32Array | undefined {
    return decodeShares(this.held?.bytes, labels);
  }

  /** Forgets them: the task has another lineage. */
  forget(): void {
    this.held = undefined;
    this.older = undefined;
  }

  private say(text: string): void {
    if (!this.isSaid) this.log.debug?.(text);
    this.isSaid = true;
  }
}
