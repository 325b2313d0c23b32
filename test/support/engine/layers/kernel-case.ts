import type { Kernels } from '../../../../gateway/engine/kernels/kernels';

/** Bytes of the arenas that kernels are tried on. */
export const arenaBytes = 65_536;

/** Byte offsets of four regions of 4096 values each. */
export const [A, B, C, D] = [16, 16_384, 32_768, 49_152] as const;

/** A call of a kernel on an arena of random values, as the tests of kernels make it. */
export interface KernelCase {
  readonly title: string;
  readonly call: (kernels: Kernels) => number | undefined;
  /** Places of int32 values before the call. */
  readonly ints?: readonly { readonly at: number; readonly values: readonly number[] }[];
  /** Bytes compared exactly instead of as floats: masks. */
  readonly bits?: { readonly at: number; readonly bytes: number };
  /** Bytes that each build uses in its own way. */
  readonly scratch?: { readonly at: number; readonly bytes: number };
}
