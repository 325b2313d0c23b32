import { densePlan, type ImportanceScores, type ModelSpec, parameterLayout } from '../../gateway/model';
import { selectionRequest, updateBytes } from '../../gateway/participant';
import { FtteError } from '../../gateway/platform';
import { isKernel, type PlanRequest, planRows, stepOperations } from '../../gateway/selection';
import { type Protection, parseStoredTask, protectionOf, type Task, taskModel } from '../../gateway/task';
import {
  type Bearing,
  type ModelChangeAhead,
  type ProblemAnswer,
  planThread,
  problemAnswer,
} from '../runtime';
import { type ImpossibleBudget, type PrivacyCosts, privacyCosts, type WrongFleet } from './privacy-costs';

/** The plan that a memory budget allows. */
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
      /** Trained input channels of each tensor of the preview, or parameters if it has no channels. */
      readonly trained: readonly number[];
    }
  | { readonly budgetBytes: number; readonly neededBytes: number };

/** The figures beside a task in the dialog, or what is wrong with it. */
export type Preview = Figures | (ProblemAnswer & { readonly field: string; readonly clash?: unknown });

interface Figures {
  readonly parameters: number;
  /** Bytes of the whole model in float32, as a late joiner gets it. */
  readonly modelBytes: number;
  readonly windowSeconds: number;
  readonly shapes: readonly string[];
  /** The kernels, with the number of their input channels, or of parameters if they have no channels. */
  readonly tensors: readonly { readonly name: string; readonly shape: string; readonly whole: number }[];
  /** Training everything with the whole batch in memory. */
  readonly denseBytes: number;
  readonly budgets: readonly BudgetPreview[];
  /** Set if a deploy would end the model of a running coordinator. */
  readonly change?: ModelChangeAhead;
  /** Absent for a task without privacy. */
  readonly privacy?: PrivacyCosts | WrongFleet | ImpossibleBudget;
  readonly protection: Protection;
}

/** Larger models are refused, so that the dialog answers soon. */
const maxParameters = 2_000_000;
/** The budgets that are shown, as shares of what it takes to train everything. */
const budgetShares = [0.5, 0.2, 0.1];

/**
 * Calculates the figures of a task as the editor holds it, beside Node-RED's own thread; a mistake is returned
 * with its field.
 * @param bearingOf what the coordinator of the task means for it, if one runs here; without its scores the seed's
 *        parameters rank the channels
 * @param fleet for which the costs of privacy are calculated, as the dialog sends it
 */
export async function previewTask(
  name: unknown,
  stored: unknown,
  bearingOf: (task: Task) => Bearing = () => ({}),
  fleet: unknown = {},
): Promise<Preview> {
  try {
    const task = parseStoredTask(name, stored);
    const { importance, change } = bearingOf(task);
    const privacy = await privacyCosts(task, fleet);
    return { ...(await figures(task, importance)), ...(change && { change }), ...(privacy && { privacy }) };
  } catch (error) {
    const field = error instanceof FtteError ? error.details['field'] : undefined;
    const known = error instanceof FtteError && error.code === 'model-invalid' ? 'model' : '';
    const clash = error instanceof FtteError ? error.details['clash'] : undefined;
    return {
      ...problemAnswer(error),
      field: typeof field === 'string' ? field : known,
      ...(typeof clash === 'string' && { clash: JSON.parse(clash) as unknown }),
    };
  }
}

async function figures(task: Task, importance: ImportanceScores | undefined): Promise<Figures> {
  const model = taskModel(task);
  const { size, tensors } = parameterLayout(model);
  if (size > maxParameters)
    throw new FtteError(
      'model-invalid',
      `the model has ${size} parameters; a gateway takes up to ${maxParameters}`,
    );
  const { optimiser, batchSize } = task.training;
  const denseBytes = (await planThread.dense({ model, optimiser, batchSize })).peakBytes;
  const budgets = budgetShares.map((share) => {
    const budgetBytes = roundBudget(share * denseBytes);
    return budget(task, model, budgetBytes, selectionRequest(task, model, budgetBytes, 0, importance));
  });
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
    budgets: await Promise.all(budgets),
    protection: protectionOf(task),
  };
}

async function budget(
  task: Task,
  model: ModelSpec,
  budgetBytes: number,
  request: PlanRequest,
): Promise<BudgetPreview> {
  try {
    const selection = await planThread.plan(request);
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
