import type { Components, ModelComponents } from './components';
import type { CoordinatorPhase, CoordinatorStatus } from './reports';

/** The condition of a coordinator besides that of its components. */
export interface CoordinatorCondition {
  readonly stage: 'new' | 'starting' | 'ready' | 'refused' | 'stopped';
  /** The connection to the broker is up. */
  readonly online: boolean;
  readonly problem: string | undefined;
}

/** The status of a coordinator. @param model undefined until its folder was read */
export function statusOf(
  condition: CoordinatorCondition,
  { membership, evaluator, warmStart }: Components,
  model: ModelComponents | undefined,
): CoordinatorStatus {
  const { state, pipeline, grants } = model ?? {};
  return {
    phase: phaseOf(condition, model),
    online: condition.online,
    lineage: state?.lineage ?? '',
    version: state?.version ?? 0,
    buffered: pipeline?.buffer.size ?? 0,
    bufferSize: state?.capacity ?? 0,
    gateways: membership.list(),
    ...(grants && { granted: grants.state }),
    heldOut: evaluator.windows,
    missingWindows: warmStart.missing,
    accepted: state?.accepted ?? 0,
    rejected: { ...state?.rejected },
    problem: condition.problem,
  };
}

/** The phase of a coordinator, as its status shows it. */
export function phaseOf(
  { stage, problem }: CoordinatorCondition,
  model: ModelComponents | undefined,
): CoordinatorPhase {
  if (stage === 'stopped' || stage === 'refused') return stage;
  if (problem !== undefined) return 'refused';
  if (stage !== 'ready' || !model) return 'starting';
  if (model.warmStart.pending) return 'warming';
  if (model.pipeline.applying) return 'applying';
  return model.pipeline.paused ? 'paused' : 'collecting';
}
