import { createEngine, type Engine, type OwnEngineKind } from '../../../gateway/engine';
import { createTensorFlowEngine, loadTensorFlow, type TensorFlow } from '../../../gateway/engine-tensorflow';
import { FtteError } from '../../../gateway/platform';

const kinds: readonly OwnEngineKind[] = ['wasm-strict', 'wasm-relaxed', 'javascript'];

/** One suite for each kind of our own engine; skipped by name where this Node.js cannot run it. */
export function describeEngines(title: string, suite: (engine: Engine) => void): void {
  for (const kind of kinds) {
    const engine = available(kind);
    if (typeof engine === 'string') describe.skip(`${title}: ${kind} (${engine})`, () => undefined);
    else describe(`${title}: ${kind}`, () => suite(engine));
  }
}

/**
 * One suite for each implementation of the engine's interface: our own, plain TensorFlow.js, and `tfjs-node` where it
 * loads. FTTE_TFJS_NODE, a folder with a `node_modules` that has one, takes the place of plain TensorFlow.js: two copies
 * in one process register their kernels twice.
 */
export function describeImplementations(title: string, suite: (engine: Engine) => void): void {
  describeEngines(title, suite);
  const folder = process.env['FTTE_TFJS_NODE'];
  if (!folder) {
    const plain = require('@tensorflow/tfjs') as TensorFlow;
    describeTensorFlow(`${title}: tfjs`, plain, 'cpu', suite);
  }
  const loaded = loadTensorFlow();
  if ('tensorflow' in loaded) {
    describeTensorFlow(`${title}: tfjs-node`, loaded.tensorflow, 'tensorflow', suite);
  } else if (folder) {
    // A folder that was named and does not work is an error.
    throw new Error(loaded.missing);
  } else describe.skip(`${title}: tfjs-node (${loaded.missing})`, () => undefined);
}

/** All copies of TensorFlow.js in a process share one state, its backend among it. */
function describeTensorFlow(
  title: string,
  tensorflow: TensorFlow,
  backend: string,
  suite: (engine: Engine) => void,
): void {
  describe(title, () => {
    before(() => tensorflow.setBackend(backend));
    after(() => tensorflow.setBackend('cpu'));
    suite(createTensorFlowEngine(tensorflow));
  });
}

/** The engine of exactly this kind, or why it cannot be had. */
function available(kind: OwnEngineKind): Engine | string {
  try {
    const engine = createEngine(kind);
    return engine.kind === kind ? engine : (engine.fallback ?? `got ${engine.kind}`);
  } catch (error) {
    if (error instanceof FtteError && error.code === 'engine-unavailable') return error.message;
    throw error;
  }
}

/** Asserts that two vectors agree to `relative` of the largest expected value. */
export function assertClose(
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  relative: number,
  what: string,
): void {
  if (got.length !== wanted.length)
    throw new Error(`${what}: ${got.length} values, expected ${wanted.length}`);
  let scale = 0;
  for (let i = 0; i < wanted.length; i++) scale = Math.max(scale, Math.abs(wanted[i]!));
  for (let i = 0; i < wanted.length; i++) {
    // Written so that a NaN fails.
    if (!(Math.abs(got[i]! - wanted[i]!) <= relative * scale + 1e-7)) {
      throw new Error(`${what}: [${i}] is ${got[i]}, expected ${wanted[i]} (largest ${scale})`);
    }
  }
}
