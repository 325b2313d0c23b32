import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../platform';
import { type ArenaHost, guardBytes } from './host';
import type { Kernels } from './kernels';

type Build = 'strict' | 'relaxed';
/** A compiled build, or why there is none. */
type Loaded = { readonly module: WebAssembly.Module } | { readonly missing: string };

const pageBytes = 65_536;
const builds = new Map<Build, Loaded>();

/** The compiled kernels of a build; read and compiled once per thread. */
export function loadKernels(build: Build): Loaded {
  const known = builds.get(build);
  if (known) return known;
  const loaded = load(build);
  builds.set(build, loaded);
  return loaded;
}

function load(build: Build): Loaded {
  if (typeof WebAssembly === 'undefined') return { missing: 'this host has no WebAssembly' };
  const file = join(__dirname, '..', 'wasm', `${build}.wasm`);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(readFileSync(file));
  } catch (error) {
    return { missing: `the kernels are not built (npm run build:kernels): ${messageOf(error)}` };
  }
  if (!WebAssembly.validate(bytes)) return { missing: `this host has no ${build} WebAssembly SIMD` };
  try {
    return { module: new WebAssembly.Module(bytes) };
  } catch (error) {
    return { missing: `the kernels do not compile: ${messageOf(error)}` };
  }
}

/** Bytes of the memory under an arena of `bytes`: whole pages. */
export function wasmBytes(bytes: number): number {
  return Math.ceil((bytes + guardBytes) / pageBytes) * pageBytes;
}

/** An arena with the kernels over it. @throws RangeError if there is not enough memory */
export function openWasm(module: WebAssembly.Module, build: Build, bytes: number): ArenaHost {
  const pages = wasmBytes(bytes) / pageBytes;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  // The build exports exactly the functions of `Kernels`; a test calls each.
  const kernels = instance.exports as unknown as Kernels;
  return { kind: `wasm-${build}`, buffer: memory.buffer, kernels };
}
