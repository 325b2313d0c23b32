import { FtteError, TypedEmitter } from '../platform';
import type { Sample } from '../stream';
import type { CoordinatorOptions } from './coordinator-options';
import type { CoordinatorEvents, CoordinatorFace, CoordinatorState } from './coordinator-types';

/** Owns the global model of one federation. */
export class Coordinator extends TypedEmitter<CoordinatorEvents> implements CoordinatorFace {
  constructor(readonly options: CoordinatorOptions) {
    super();
  }

  get state(): CoordinatorState {
    throw new FtteError('not-ready', 'not built yet');
  }
  async start(): Promise<void> {
    throw new FtteError('not-ready', 'not built yet');
  }
  async stop(): Promise<void> {}
  addHeldOut(_sample: Sample): void {}
  receive(_bytes: Uint8Array): void {}
  async applyNow(): Promise<void> {}
  pause(): void {}
  resume(): void {}
  async checkpoint(): Promise<void> {}
  async rollback(_version?: number): Promise<void> {}
  export(_which?: 'average' | 'current'): { lineage: string; version: number; parameters: Float32Array } {
    throw new FtteError('not-ready', 'not built yet');
  }
}
