import type { NodeAPI } from 'node-red';
import { choosePlan, type ModelFollower, updateBytes } from '../../gateway/participant';
import { FtteError } from '../../gateway/platform';
import { denseMemory, stepOperations } from '../../gateway/selection';
import { densePlan, parameterLayout, type SelectionGuide, type Task, taskModel } from '../../gateway/task';

/** What a budget buys, for the dialog. Bytes. */
export interface BudgetAnswer {
  readonly fits: boolean;
  /** Of the plan, or of the smallest there is where none fits. */
  readonly peakBytes: number;
  readonly denseBytes: number;
  /** Share of the parameters that would be trained, 0 to 1. */
  readonly share: number;
  readonly microBatch: number;
  /** Kernels and biases of which at least a part is trained, by name. */
  readonly tensors: readonly string[];
  /** One update as it travels. */
  readonly updateBytes: number;
  /** Operations of a training step over those of one that trains everything, 0 to 1. */
  readonly stepCost: number;
}

/** `GET /ftte/train/:id/budget?kb=192`: 404 where the node does not run or has not heard the task. */
export function budgetRoute(RED: NodeAPI, followerOf: (nodeId: string) => ModelFollower | undefined): void {
  RED.httpAdmin.get('/ftte/train/:id/budget', RED.auth.needsPermission('ftte.read'), (request, response) => {
    const { task, guide } = followerOf(String(request.params.id)) ?? {};
    const kilobytes = Number(request.query.kb);
    if (!task) response.status(404).json({ code: 'not-ready' });
    else if (!(kilobytes > 0)) response.status(400).json({ code: 'config-invalid' });
    else response.json(budgetAnswer(task, Math.floor(kilobytes * 1024), guide));
  });
}

export function budgetAnswer(task: Task, budgetBytes: number, guide?: SelectionGuide): BudgetAnswer {
  const model = taskModel(task);
  const { optimiser, batchSize } = task.training;
  const denseBytes = denseMemory(model, optimiser, batchSize).peakBytes;
  try {
    const selection = choosePlan(task, model, budgetBytes, 0, guide);
    const { memory, plan, trainedShare } = selection;
    const layout = parameterLayout(model);
    return {
      fits: true,
      peakBytes: memory.peakBytes,
      denseBytes,
      share: trainedShare,
      microBatch: plan.microBatch,
      tensors: plan.entries.map(({ tensor }) => layout.tensors[tensor]!.name),
      updateBytes: updateBytes(task, selection),
      stepCost: stepOperations(model, plan) / stepOperations(model, densePlan(layout, 1)),
    };
  } catch (error) {
    if (!(error instanceof FtteError) || error.code !== 'budget-too-small') throw error;
    const peakBytes = Number(error.details.neededBytes);
    return {
      fits: false,
      peakBytes,
      denseBytes,
      share: 0,
      microBatch: 0,
      tensors: [],
      updateBytes: 0,
      stepCost: 0,
    };
  }
}
