import type { EngineKind } from '../interface/engine';
import type { Kernels } from './kernels';

/** Memory with kernels that work on it. */
export interface ArenaHost {
  readonly kind: EngineKind;
  readonly buffer: ArrayBuffer;
  readonly kernels: Kernels;
  /** Nobody works on it any more: whoever made it may hand it out again. */
  readonly release?: () => void;
}

/** Makes an arena of at least `bytes`. */
export type OpenArena = (bytes: number) => ArenaHost;

/** Kernels may read (never write, never use) what lies this far beyond a row: memory extends beyond the arena's end. */
export const guardBytes = 64;
