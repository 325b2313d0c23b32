import type { NodeAPI } from 'node-red';
import { densePlan, type ImportanceScores, parameterLayout } from '../../gateway/model';
import { type ModelFollower, selectionRequest, updateBytes } from '../../gateway/participant';
import { FtteError, messageOf } from '../../gateway/platform';
import { stepOperations } from '../../gateway/selection';
import { type Task, taskModel } from '../../gateway/task';
import { planThread } from '../runtime';

/** The plan that a budget allows, for the dialog. Sizes are in bytes. */
export interface BudgetAnswer {
  readonly fits: boolean;
  /** Of the plan, or of the smallest possible plan if none fits. */
  readonly peakBytes: number;
  readonly denseBytes: number;
  /** Share of the parameters that would be trained, 0 to 1. */
  readonly share: number;
  readonly microBatch: number;
  /** Names of the kernels and biases that are trained at least in part. */
  readonly tensors: readonly string[];
  /** One update as it travels. */
  readonly updateBytes: number;
  /** Operations of a training step over those of one that trains everything, 0 to 1. */
  readonly stepCost: number;
}

/**
 * `GET /ftte/train/:id/budget?kb=192`: a `BudgetAnswer`, or `{ waiting: true }` before the node runs and has received the
 * task. That is no error: every new node is opened before it is deployed.
 */
export function budgetRoute(RED: NodeAPI, followerOf: (nodeId: string) => ModelFollower | undefined): void {
  RED.httpAdmin.get('/ftte/train/:id/budget', RED.auth.needsPermission('ftte.read'), (request, response) => {
    const { task, importance } = followerOf(String(request.params.id)) ?? {};
    const kilobytes = Number(request.query.kb);
    if (!(kilobytes > 0)) response.status(400).json({ code: 'config-invalid' });
    else if (!task) response.json({ waiting: true });
    else {
      budgetAnswer(task, Math.floor(kilobytes * 1024), importance).then(
        (answer) => response.json(answer),
        (error) => response.status(500).json({ code: 'engine-crashed', text: messageOf(error) }),
      );
    }
  });
}

/** The plan that the node itself would choose, made in a thread of its own. */
async function budgetAnswer(
  task: Task,
  budgetBytes: number,
  importance?: ImportanceScores,
): Promise<BudgetAnswer> {
  const model = taskModel(task);
  const { optimiser, batchSize } = task.training;
  const denseBytes = (await planThread.dense({ model, optimiser, batchSize })).peakBytes;
  try {
    const selection = await planThread.plan(selectionRequest(task, model, budgetBytes, 0, importance));
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
