import type { MemoryReport } from '../../engine';
import type { ModelSpec } from '../../model';
import { initialParameters } from '../../model';
import type { Optimiser } from '../../task';
import {
  denseMemory,
  type Selection,
  type SelectionRequest,
  type StrategyName,
  selectPlan,
} from '../strategies/select-plan';

/** A request as plain data, without the seeded parameters: they take as long to make as the plan. */
export interface PlanRequest extends Omit<SelectionRequest, 'parameters' | 'strategy'> {
  readonly strategy: StrategyName;
}

/** Memory for training everything, with the whole batch in memory. */
export interface DenseRequest {
  readonly model: ModelSpec;
  readonly optimiser: Optimiser;
  readonly batchSize: number;
}

/** Requests that the planning thread takes. */
export const planJobs = {
  plan: (request: PlanRequest): Selection =>
    selectPlan({ ...request, parameters: initialParameters(request.model, request.seed ?? 0) }),
  dense: ({ model, optimiser, batchSize }: DenseRequest): MemoryReport =>
    denseMemory(model, optimiser, batchSize),
};
