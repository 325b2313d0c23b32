import { openLayersModel, readLayers, taskWithModel } from '../../gateway/interchange';
import type { LayerSpec } from '../../gateway/model';
import { FtteError } from '../../gateway/platform';
import { parseStoredTask, type Task } from '../../gateway/task';
import { type ProblemAnswer, problemAnswer } from '../runtime';

/** The layers for the dialog, or the reason why there are none. */
export type ImportedTask =
  | { readonly layers: readonly LayerSpec[]; readonly loss: Task['training']['loss'] }
  | ProblemAnswer;

/** A model.json holds a description; its weights are in files beside it. */
const maxTextBytes = 2 * 1024 * 1024;

/**
 * The layers of a model.json for the task in the dialog, checked to fit its channels, window and labels.
 * @param stored the task as the editor holds it
 * @param modelJson the file's text; of a large file that is no JSON, its beginning
 * @param file the file's name
 */
export function importLayers(
  name: unknown,
  stored: unknown,
  modelJson: unknown,
  file: unknown = undefined,
): ImportedTask {
  try {
    if (typeof modelJson !== 'string' || modelJson.length > maxTextBytes) {
      const got = typeof modelJson === 'string' ? `${modelJson.length} characters` : typeof modelJson;
      throw new FtteError(
        'model-invalid',
        `model.json: expected a text of at most ${maxTextBytes} characters, got ${got}`,
      );
    }
    const opened = openLayersModel(modelJson, typeof file === 'string' ? file.slice(0, 255) : undefined);
    const task = withoutModel(name, stored);
    const { length, channels } = task.input;
    const layers = readLayers(opened, { input: [length, channels.length] });
    const { model, training } = taskWithModel(task, layers);
    return 'layers' in model
      ? { layers: model.layers, loss: training.loss }
      : { code: 'model-invalid', text: 'the model has no layers' };
  } catch (error) {
    return problemAnswer(error);
  }
}

/** The dialog's task with a model that always fits, because its own may be incomplete. */
function withoutModel(name: unknown, stored: unknown): Task {
  const task = typeof stored === 'object' && stored !== null ? stored : {};
  const training = 'training' in task && typeof task.training === 'object' ? task.training : {};
  return parseStoredTask(name, {
    ...task,
    model: { preset: 'mlp' },
    training: { ...training, loss: 'auto' },
  });
}
