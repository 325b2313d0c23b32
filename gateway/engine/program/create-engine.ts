import { FtteError, messageOf } from '../../platform';
import type { Engine, EngineKind, MemoryReport, OwnEngineKind, ProgramRequest } from '../interface/engine';
import { type ArenaHost, guardBytes, type OpenArena } from '../kernels/host';
import { javascriptKernels } from '../kernels/javascript';
import { loadKernels, openWasm, wasmBytes } from '../kernels/wasm';
import { compileSchedule } from './compile';
import { compileProgram } from './program';

/** An engine that says what it is and, where it is not what was asked for, why. */
export interface CreatedEngine extends Engine {
  /**
   * Why other kernels run than those asked for. Set at once where WebAssembly is missing, at `compile` where only the
   * memory could not be had (the program's own `kind` then says `javascript`).
   */
  readonly fallback: string | undefined;
}

/**
 * Makes an engine. `auto` is WebAssembly whose results repeat to the last bit, or JavaScript where WebAssembly cannot
 * be had. `wasm-relaxed` is WebAssembly with fused multiply-add where the host has it, else as `auto`. `wasm-strict`
 * is that or an error.
 * @throws FtteError `engine-unavailable`
 */
export function createEngine(preference: 'auto' | OwnEngineKind = 'auto'): CreatedEngine {
  if (preference === 'javascript') return engineOf('javascript', openJavascript, undefined);
  let reason: string | undefined;
  for (const build of preference === 'wasm-relaxed'
    ? (['relaxed', 'strict'] as const)
    : (['strict'] as const)) {
    const loaded = loadKernels(build);
    if ('module' in loaded) {
      const open = reusing((bytes) => openWasm(loaded.module, build, bytes));
      return engineOf(`wasm-${build}`, open, reason, preference !== 'wasm-strict');
    }
    reason ??= loaded.missing;
  }
  if (preference === 'wasm-strict') throw new FtteError('engine-unavailable', reason ?? 'no WebAssembly');
  return engineOf('javascript', openJavascript, reason);
}

/**
 * Memory of a request, without allocating it: the number that is compared with a budget.
 * @throws FtteError `plan-invalid`, `model-invalid`
 */
export function planMemory(request: ProgramRequest): MemoryReport {
  return compileSchedule(request).memory;
}

/**
 * Whether `planMemory` would say at most so many bytes: the same answer, mostly for a fraction of the work.
 * @throws FtteError as `planMemory`
 */
export function planFits(request: ProgramRequest, bytes: number): boolean {
  return compileSchedule(request, bytes).memory.peakBytes <= bytes;
}

function engineOf(
  kind: EngineKind,
  open: OpenArena,
  reason: string | undefined,
  mayFallBack = false,
): CreatedEngine {
  let fallback = reason;
  const openOr: OpenArena = (bytes) => {
    try {
      return open(bytes);
    } catch (cause) {
      const text = `no memory for an arena of ${bytes} bytes in ${kind}: ${messageOf(cause)}`;
      if (!mayFallBack) throw new FtteError('engine-unavailable', text, { bytes }, { cause });
      fallback = text;
      return openJavascriptOrFail(bytes);
    }
  };
  return {
    kind,
    get fallback() {
      return fallback;
    },
    compile: (request) => compileProgram(request, openOr),
  };
}

/** Hands the arena that was given back last out again, to whom one of its size would have been made for. */
function reusing(open: OpenArena): OpenArena {
  let spare: ArenaHost | undefined;
  return (bytes) => {
    const kept = spare;
    spare = undefined;
    const host = kept && kept.buffer.byteLength === wasmBytes(bytes) ? kept : open(bytes);
    return {
      ...host,
      release: () => {
        spare = host;
      },
    };
  };
}

const openJavascript: OpenArena = (bytes) => {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 4) * 4 + guardBytes);
  return { kind: 'javascript', buffer, kernels: javascriptKernels(buffer) };
};

const openJavascriptOrFail: OpenArena = (bytes) => {
  try {
    return openJavascript(bytes);
  } catch (cause) {
    const text = `no memory for an arena of ${bytes} bytes: ${messageOf(cause)}`;
    throw new FtteError('engine-unavailable', text, { bytes }, { cause });
  }
};
