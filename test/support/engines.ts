import { createEngine, type Engine, type EngineKind } from '../../gateway/engine';
import { FtteError } from '../../gateway/platform';

const kinds: readonly EngineKind[] = ['wasm-strict', 'wasm-relaxed', 'javascript'];

/** One suite for each kind of engine; skipped by name where this Node.js cannot run it. */
export function describeEngines(title: string, suite: (engine: Engine) => void): void {
  for (const kind of kinds) {
    const engine = available(kind);
    if (typeof engine === 'string') describe.skip(`${title}: ${kind} (${engine})`, () => undefined);
    else describe(`${title}: ${kind}`, () => suite(engine));
  }
}

/** The engine of exactly this kind, or why it cannot be had. */
function available(kind: EngineKind): Engine | string {
  try {
    const engine = createEngine(kind);
    return engine.kind === kind ? engine : (engine.fallback ?? `got ${engine.kind}`);
  } catch (error) {
    if (error instanceof FtteError && error.code === 'engine-unavailable') return error.message;
    throw error;
  }
}

/** Asserts that two vectors agree to `relative` of the largest wanted value. */
export function assertClose(
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  relative: number,
  what: string,
): void {
  if (got.length !== wanted.length) throw new Error(`${what}: ${got.length} values, wanted ${wanted.length}`);
  let scale = 0;
  for (let i = 0; i < wanted.length; i++) scale = Math.max(scale, Math.abs(wanted[i]!));
  for (let i = 0; i < wanted.length; i++) {
    // Written so that a NaN fails.
    if (!(Math.abs(got[i]! - wanted[i]!) <= relative * scale + 1e-7)) {
      throw new Error(`${what}: [${i}] is ${got[i]}, wanted ${wanted[i]} (largest ${scale})`);
    }
  }
}
