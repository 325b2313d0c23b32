import { type MemoryReport, type ProgramRequest, planMemory } from '../../engine';
import { choosePlan, choosesEachVersion, type PlanQuestion } from '../../participant';
import type { Selection } from '../../selection';
import type { RunSummary } from '../results/results';

/** The plans of a fleet: gateways with the same question share the plan, and its memory is planned once. */
export class FleetPlans {
  /** Plans by budget, then by version and importance scores. */
  private readonly chosen = new Map<number, Map<string, Selection>>();
  private readonly programs = new WeakMap<object, MemoryReport>();

  readonly choose = (...question: PlanQuestion): Selection => {
    const [task, , budgetBytes, version, importance, maxOperations] = question;
    const chosen = this.chosen.get(budgetBytes) ?? new Map<string, Selection>();
    const key = [choosesEachVersion(task) && version, importance?.version, maxOperations].join();
    const selection = chosen.get(key) ?? choosePlan(...question);
    chosen.set(key, selection);
    // Only now: a budget without a plan has no row.
    this.chosen.set(budgetBytes, chosen);
    return selection;
  };

  readonly memoryOf = (request: ProgramRequest): MemoryReport => {
    const key = request.plan ?? request.model;
    let memory = this.programs.get(key);
    if (!memory) {
      memory = planMemory(request);
      this.programs.set(key, memory);
    }
    return memory;
  };

  /** One row per budget, the smallest first. */
  rows(): RunSummary['plans'] {
    return [...this.chosen].sort(([a], [b]) => a - b).map(([budget, chosen]) => planRow(budget, chosen));
  }
}

/** The plan of a budget; if plans change with the version, the one that takes the most memory. */
function planRow(budgetBytes: number, chosen: ReadonlyMap<string, Selection>): RunSummary['plans'][number] {
  const [largest] = [...chosen.values()].sort((a, b) => b.memory.peakBytes - a.memory.peakBytes);
  if (!largest) throw new Error('a budget without a plan'); // `choose` adds each budget with a plan
  const { memory, trainedShare, plan } = largest;
  return { budgetBytes, peakBytes: memory.peakBytes, trainedShare, microBatch: plan.microBatch };
}
