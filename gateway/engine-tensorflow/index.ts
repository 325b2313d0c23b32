/**
 * The engine's interface over TensorFlow, for hosts where `@tensorflow/tfjs-node` is installed anyway. It shares no code
 * with the engine's kernels, is held to no memory budget, and nothing else needs it.
 */
import type { Engine } from '../engine';

import { parameterLayout, planSegments } from '../model';
import { requireTensorFlow, type TensorFlow } from './tensorflow';
import { TensorFlowProgram } from './tensorflow-program';

export * from './preferred-trainer';
export { type LoadedTensorFlow, loadTensorFlow, requireTensorFlow, type TensorFlow } from './tensorflow';

/**
 * An engine over a TensorFlow API that is ready (its backend chosen). Without one, `@tensorflow/tfjs-node` is loaded.
 * A request's `budgetBytes` and `frozen` are not looked at: nothing could hold TensorFlow to them.
 * @throws FtteError `engine-unavailable` where it cannot be loaded, with the reason
 */
export function createTensorFlowEngine(tensorflow: TensorFlow = requireTensorFlow()): Engine {
  return {
    kind: 'tensorflow',
    compile(request) {
      if (request.plan) planSegments(parameterLayout(request.model), request.plan);
      return new TensorFlowProgram(tensorflow, request);
    },
  };
}
