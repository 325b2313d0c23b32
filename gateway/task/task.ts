import { type ModelSpec, parameterLayout, resolveModel } from '../model';
import { checkSchema, FtteError, type SchemaIssue } from '../platform';
import { type Conflict, maskedConflict, robustConflict } from './aggregation';
import { resolveAugmentation } from './augmentation';
import { channelFacts, checkSideInputs } from './feature-presets';
import { fingerprint } from './fingerprint';
import { checkCategories, withCategories } from './input/category';
import { checkCut } from './input/cut';
import { checkPresence } from './input/presence';
import { checkKind, taskLoss, taskOutputs, taskTarget } from './kind';
import { presetLayers } from './presets';
import { privacyConflict, withPrivacyDefaults } from './privacy';
import { type Task, taskSchema } from './schema';
import { withBeatDefaults } from './training';

/**
 * Checks a task from outside (a person, a file, the wire) and fills in its defaults.
 * @throws FtteError `task-invalid` naming the first wrong field, what came and what was expected;
 *         `model-invalid` if the layers do not fit together
 */
export function parseTask(value: unknown): Task {
  const checked = checkSchema(taskSchema, withBeatDefaults(withPrivacyDefaults(value)));
  if (checked.issue) throw invalidTask(checked.issue);
  const task = checked.data;
  requireDistinct(
    'input.channels',
    task.input.channels.map((channel) => channel.name),
  );
  checkSideInputs(task.input);
  requireDistinct('labels', task.labels);
  checkKind(task);
  checkCut(task);
  checkPresence(task);
  checkCategories(task);
  task.input.channels = withCategories(task.input.channels);
  requireDistinct(
    'input.channels',
    task.input.channels.map((channel) => channel.name),
  );
  const conflict = privacyConflict(task) ?? robustConflict(task.aggregation) ?? maskedConflict(task);
  if (conflict) throw invalidTask(conflict);
  // It is what an absent setting means, and both are the same task.
  if (task.input.cut?.kind === 'hop') delete task.input.cut;
  resolveAugmentation(task);
  checkSize(taskModel(task));
  return task;
}

/** The task's model with all shapes settled. @throws FtteError `model-invalid` */
export function taskModel(task: Task): ModelSpec {
  const input = [task.input.length, task.input.channels.length];
  const outputs = taskOutputs(task);
  const layers =
    'layers' in task.model
      ? task.model.layers
      : presetLayers(task.model.preset, task.model.size, outputs, input, channelFacts(task.input));
  return resolveModel(input, layers, outputs, taskLoss(task), taskTarget(task));
}

/**
 * Names everything that makes two models' parameters comparable: input, labels, layers, seed or start. Two tasks with the
 * same key can exchange updates; a change of key starts a new lineage.
 */
export function modelKey(task: Task): string {
  const { input, labels, model, seed, initial, kind, forecast } = task;
  // One output for two labels is another model; the other losses train the same one.
  const binary = taskLoss(task) === 'binary-cross-entropy' || undefined;
  return fingerprint({ kind, input, labels, model, seed, initial, forecast, binary });
}

/**
 * Most parameters of a model. A snapshot has them twice in float32, in one message of at most 16 MiB together with a few
 * other fields.
 */
const mostParameters = 2 ** 21 - 1024;
/** Most numbers between two layers, for one example: 64 MiB in float32. */
const mostNumbers = 2 ** 24;

/** Refuses a model that no gateway could get, from its shapes alone. @throws FtteError `model-invalid` */
function checkSize(model: ModelSpec): void {
  const { size } = parameterLayout(model);
  if (size > mostParameters)
    throw new FtteError(
      'model-invalid',
      `the model has ${size} parameters, expected at most ${mostParameters}`,
      {
        size,
      },
    );
  model.shapes.forEach((shape, layer) => {
    const numbers = shape.reduce((product, length) => product * length, 1);
    if (numbers > mostNumbers)
      throw new FtteError(
        'model-invalid',
        `layer ${layer} (${model.layers[layer]?.type}): gives ${numbers} numbers, expected at most ${mostNumbers}`,
        { layer, numbers },
      );
  });
}

function requireDistinct(field: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new FtteError('task-invalid', `${field}: "${twice}" is there twice`, { field });
}

function invalidTask({
  field: path,
  text,
  cause,
  clash,
}: Pick<SchemaIssue, 'field' | 'text'> & Partial<SchemaIssue & Conflict>): FtteError {
  const field = path || 'task';
  // Details are flat.
  const details = { field, ...(clash && { clash: JSON.stringify(clash) }) };
  return new FtteError('task-invalid', `${field}: ${text}`, details, { cause });
}
