import util from 'node:util';
import { FtteError, messageOf } from '../platform';

/** The API that `@tensorflow/tfjs` and `@tensorflow/tfjs-node` share. */
export type TensorFlow = typeof import('@tensorflow/tfjs');

/** The loaded library, or why there is none: never an exception, whatever a broken installation throws. */
export type LoadedTensorFlow = { readonly tensorflow: TensorFlow } | { readonly missing: string };

const packageName = '@tensorflow/tfjs-node';

/**
 * Loads the optional peer `@tensorflow/tfjs-node`: from the folder that the environment variable FTTE_TFJS_NODE names,
 * from where this package is installed, or from the working folder.
 *
 * It calls `util.isNullOrUndefined` and `util.isArray`, which Node.js 23 removed: they are put back first. A blocked
 * install script leaves a package whose loading throws something without a code; that is a reason like any other.
 */
export function loadTensorFlow(): LoadedTensorFlow {
  restoreUtil();
  const named = process.env['FTTE_TFJS_NODE'];
  try {
    const path = require.resolve(packageName, {
      paths: [...(named ? [named] : []), __dirname, process.cwd()],
    });
    const tensorflow = require(path) as TensorFlow;
    // An addon that did not load shows here, not before.
    tensorflow.tidy(() => tensorflow.add(1, 1).dataSync());
    return { tensorflow };
  } catch (error) {
    const [line = ''] = messageOf(error).split('\n');
    return { missing: `${packageName} cannot be loaded: ${line.slice(0, 300)}` };
  }
}

/** TensorFlow as it is installed here. @throws FtteError `engine-unavailable` with the reason */
export function requireTensorFlow(): TensorFlow {
  const loaded = loadTensorFlow();
  if ('missing' in loaded) throw new FtteError('engine-unavailable', loaded.missing);
  return loaded.tensorflow;
}

function restoreUtil(): void {
  const old = util as unknown as Record<string, unknown>;
  old['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  old['isArray'] ??= Array.isArray;
}
