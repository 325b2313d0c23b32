import { choosePlan, updateBytes } from '../../gateway/participant';
import { FtteError, messageOf } from '../../gateway/platform';
import { denseMemory, isKernel, planRows, stepOperations } from '../../gateway/selection';
import { densePlan, type ModelSpec, parameterLayout, type Task, taskModel } from '../../gateway/task';
import { taskOf } from './task-config';

/** What one memory budget buys. */
export type BudgetPreview =
  | {
      readonly budgetBytes: number;
      readonly peakBytes: number;
      readonly microBatch: number;
      readonly trainedParameters: number;
      /** 0 to 1. */
      readonly trainedShare: number;
      /** One update as it travels. */
      readonly updateBytes: number;
      /** Operations of a training step over those of one that trains everything, 0 to 1. */
      readonly stepCost: number;
      /** What is trained of each of the preview's tensors: input channels, or parameters where there are none. */
      readonly trained: readonly number[];
    }
  | { readonly budgetBytes: number; readonly neededBytes: number };

/** What the dialog shows beside a task that is being written. */
export type Preview =
  | {
      readonly parameters: number;
      /** Bytes of the whole model in float32, as a late joiner gets it. */
      readonly modelBytes: number;
      readonly windowSeconds: number;
      readonly shapes: readonly string[];
      /** The kernels, with how much there is to train of each: input channels, or parameters where there are none. */
      readonly tensors: readonly { readonly name: string; readonly shape: string; readonly whole: number }[];
      /** Training everything with the whole batch in memory. */
      readonly denseBytes: number;
      readonly budgets: readonly BudgetPreview[];
    }
  | { readonly field: string; readonly text: string };

/** The route answers on Node-RED's own thread: what is larger is refused instead of calculated. */
const maxParameters = 2_000_000;
/** The budgets that are shown, as shares of what training everything takes. */
const budgetShares = [0.5, 0.2, 0.1];

/** Calculates the figures of a task as the editor holds it; what is wrong with it comes as field and text. */
export function previewTask(name: unknown, stored: unknown): Preview {
  try {
    return figures(taskOf(name, stored));
  } catch (error) {
    const field = error instanceof FtteError ? error.details['field'] : undefined;
    const known = error instanceof FtteError && error.code === 'model-invalid' ? 'model' : '';
    return { field: typeof field === 'string' ? field : known, text: messageOf(error) };
  }
}

function figures(task: Task): Preview {
  const model = taskModel(task);
  const { size, tensors } = parameterLayout(model);
  if (size > maxParameters)
    throw new FtteError(
      'model-invalid',
      `the model has ${size} parameters; a gateway takes up to ${maxParameters}`,
    );
  const { optimiser, batchSize } = task.training;
  const denseBytes = denseMemory(model, optimiser, batchSize).peakBytes;
  return {
    parameters: size,
    modelBytes: 4 * size,
    windowSeconds: task.input.length / task.input.rateHz,
    shapes: model.shapes.map((shape) => shape.join(' x ')),
    tensors: tensors.filter(isKernel).map(({ name, shape, inputChannels, size: elements }) => ({
      name,
      shape: shape.join(' x '),
      whole: inputChannels === 0 ? elements : inputChannels,
    })),
    denseBytes,
    budgets: budgetShares.map((share) => budget(task, model, roundBudget(share * denseBytes))),
  };
}

function budget(task: Task, model: ModelSpec, budgetBytes: number): BudgetPreview {
  try {
    const selection = choosePlan(task, model, budgetBytes, 0);
    const layout = parameterLayout(model);
    const rows = planRows(layout, selection.plan);
    const whole = stepOperations(model, densePlan(layout, 1));
    return {
      budgetBytes,
      peakBytes: selection.memory.peakBytes,
      microBatch: selection.plan.microBatch,
      trainedParameters: selection.trainedParameters,
      trainedShare: selection.trainedShare,
      updateBytes: updateBytes(task, selection),
      stepCost: stepOperations(model, selection.plan) / whole,
      trained: rows.flatMap(({ inputChannels, channels, trainedParameters }, i) =>
        isKernel(layout.tensors[i]!) ? [inputChannels === 0 ? trainedParameters : channels.length] : [],
      ),
    };
  } catch (error) {
    const needed = error instanceof FtteError ? error.details['neededBytes'] : undefined;
    if (typeof needed !== 'number') throw error;
    return { budgetBytes, neededBytes: needed };
  }
}

/** Whole kilobytes of two leading digits, as a person would write a budget. */
function roundBudget(bytes: number): number {
  const kilobytes = Math.max(1, bytes / 1024);
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(kilobytes)) - 1);
  return Math.ceil(kilobytes / unit) * unit * 1024;
}
