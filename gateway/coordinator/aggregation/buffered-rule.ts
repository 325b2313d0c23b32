import type { Aggregation } from '../../task';
import type { Contribution } from '../contribution';
import type { Aggregator, BufferInput, Weighing } from './aggregator';
import type { Direction } from './direction';

/** Largest buffer that `auto` asks for: beyond it FedBuff gained nothing (Nguyen 2022, section 5: K = 10). */
const largestAutomatic = 10;

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
    return Math.max(1, Math.min(largestAutomatic, Math.ceil(gatewaysOnline / 2)));
  }

  ready(waiting: readonly Contribution[], gatewaysOnline: number): number {
    const capacity = this.capacity(gatewaysOnline);
    return waiting.length >= capacity ? capacity : 0;
  }

  abstract combine(buffer: BufferInput, into: Direction): Weighing[];

  /** Nothing is remembered from buffer to buffer, unless a rule says otherwise. */
  arrays(): ReadonlyMap<string, Float32Array> {
    return new Map();
  }

  restore(_arrays: ReadonlyMap<string, Float32Array>): void {}
}
