import type { NodeAPI } from 'node-red';
import type { ModelFollower } from '../../gateway/participant';
import { FtteError } from '../../gateway/platform';
import { denseMemory, selectPlan } from '../../gateway/selection';
import { initialParameters, type Task, taskModel } from '../../gateway/task';

/** What a budget buys, for the dialog. Bytes. */
export interface BudgetAnswer {
  readonly fits: boolean;
  /** Of the plan, or of the smallest there is where none fits. */
  readonly peakBytes: number;
  readonly denseBytes: number;
  /** Share of the parameters that would be trained, 0 to 1. */
  readonly share: number;
  readonly microBatch: number;
}

/** `GET /ftte/train/:id/budget?kb=192`: 404 where the node does not run or has not heard the task. */
export function budgetRoute(RED: NodeAPI, followerOf: (nodeId: string) => ModelFollower | undefined): void {
  RED.httpAdmin.get('/ftte/train/:id/budget', RED.auth.needsPermission('ftte.read'), (request, response) => {
    const task = followerOf(String(request.params.id))?.task;
    const kilobytes = Number(request.query.kb);
    if (!task) response.status(404).json({ code: 'not-ready' });
    else if (!(kilobytes > 0)) response.status(400).json({ code: 'config-invalid' });
    else response.json(budgetAnswer(task, Math.floor(kilobytes * 1024)));
  });
}

export function budgetAnswer(task: Task, budgetBytes: number): BudgetAnswer {
  const model = taskModel(task);
  const { optimiser, batchSize, frozen } = task.training;
  const denseBytes = denseMemory(model, optimiser, batchSize).peakBytes;
  try {
    const { memory, plan, trainedShare } = selectPlan({
      model,
      optimiser,
      batchSize,
      frozen,
      budgetBytes,
      parameters: initialParameters(model, task.seed),
      strategy: task.selection.strategy,
      seed: task.seed,
    });
    const { peakBytes } = memory;
    return { fits: true, peakBytes, denseBytes, share: trainedShare, microBatch: plan.microBatch };
  } catch (error) {
    if (!(error instanceof FtteError) || error.code !== 'budget-too-small') throw error;
    const peakBytes = Number(error.details.neededBytes);
    return { fits: false, peakBytes, denseBytes, share: 0, microBatch: 0 };
  }
}
