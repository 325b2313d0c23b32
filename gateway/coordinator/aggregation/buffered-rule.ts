import type { Resumable } from '../../platform';
import type { Aggregation } from '../../task';
import type { Aggregator, BufferInput, ContributionWeight } from './aggregator';
import type { Contribution } from './contribution';
import type { PseudoGradient } from './pseudo-gradient';

/** Largest buffer that `auto` asks for: beyond it FedBuff gained nothing (Nguyen 2022, section 5: K = 10). */
const largestAutomatic = 10;
/** Smallest, where there are as many gateways: a mean of two swings by points from version to version. */
const smallestAutomatic = 3;

/** What rules on a buffer of K contributions (FedBuff: Nguyen 2022, arXiv 2106.06639) have in common. */
export abstract class BufferedRule implements Aggregator {
  abstract readonly name: string;

  constructor(protected readonly settings: Aggregation) {}

  get maxAge(): number {
    return this.settings.maxAge;
  }

  capacity(gatewaysOnline: number): number {
    const { bufferSize } = this.settings;
    if (bufferSize !== 'auto') return bufferSize;
    const half = Math.min(largestAutomatic, Math.ceil(gatewaysOnline / 2));
    return Math.max(1, half, Math.min(smallestAutomatic, gatewaysOnline));
  }

  ready(waiting: readonly Contribution[], gatewaysOnline: number): number {
    const capacity = this.capacity(gatewaysOnline);
    return waiting.length >= capacity ? capacity : 0;
  }

  abstract combine(buffer: BufferInput, into: PseudoGradient): Resumable<ContributionWeight[]>;

  /** Nothing is remembered from buffer to buffer, unless a rule says otherwise. */
  arrays(): ReadonlyMap<string, Float32Array> {
    return new Map();
  }

  restore(_arrays: ReadonlyMap<string, Float32Array>): void {}
}
