import type { EngineKind } from '../engine';
import type { Kernels } from './kernels';

/** Memory with kernels that work on it. */
export interface ArenaHost {
  readonly kind: EngineKind;
  readonly buffer: ArrayBuffer;
  readonly kernels: Kernels;
}

/** Makes an arena of at least `bytes`. */
export type OpenArena = (bytes: number) => ArenaHost;
