import { noticeCodeOf } from '../platform';
import type { Components, ModelComponents } from './components';
import type { PrivateVersions } from './privacy';
import type { CoordinatorPhase, CoordinatorStatus, GatewayStatus } from './reports';
import type { LearningProgress } from './reports/learning-progress';
import type { Quarantine } from './robust';
import type { CoordinatorState } from './state/coordinator-state';

/** The condition of a coordinator besides that of its components. */
export interface CoordinatorCondition {
  readonly stage: 'new' | 'starting' | 'ready' | 'refused' | 'stopped';
  /** The connection to the broker is up. */
  readonly online: boolean;
  /** It waits for a silent coordinator that has a claim. */
  readonly contesting: boolean;
  readonly problem: string | undefined;
  readonly progress: LearningProgress;
}

/** The status of a coordinator. @param model undefined until its folder was read */
export function statusOf(
  condition: CoordinatorCondition,
  { membership, evaluator, warmStart }: Components,
  model: ModelComponents | undefined,
): CoordinatorStatus {
  const { state, pipeline, grants } = model ?? {};
  const { online, contesting, problem, progress } = condition;
  const phase = phaseOf(condition, model);
  const missingWindows = warmStart.missing;
  const version = state?.version ?? 0;
  const buffered = pipeline?.buffer.size ?? 0;
  const bufferSize = state?.capacity ?? 0;
  return {
    phase,
    online,
    lineage: state?.lineage ?? '',
    version,
    buffered,
    bufferSize,
    gateways: withQuarantines(
      withSpending(membership.list(), state?.privacy),
      state?.robustness.quarantines(version),
      state?.robustness.probations(version),
    ),
    ...(state && { protection: protectionOf(state) }),
    ...(state?.privacy && { privacy: state.privacy.status }),
    ...(grants && { granted: grants.state }),
    ...(model && { stored: model.modelStore.versions }),
    heldOut: evaluator.windows,
    missingWindows,
    accepted: state?.accepted ?? 0,
    rejected: { ...state?.rejected },
    waiting: progress.waiting({
      phase,
      online,
      contesting,
      missingWindows,
      gatewaysOnline: membership.online,
      version,
      buffered,
      bufferSize,
    }),
    problem,
    unsent: model?.publisher.unsent && noticeCodeOf(model.publisher.unsent),
  };
}

function protectionOf({
  protection,
  robustness,
  version,
}: CoordinatorState): CoordinatorStatus['protection'] {
  const stage = robustness.stage(version);
  return stage ? { ...protection, stage } : protection;
}

/** Rows with what a gateway has spent, by the row without it. */
const spending = new WeakMap<GatewayStatus, GatewayStatus>();

function withSpending(
  gateways: readonly GatewayStatus[],
  privacy: PrivateVersions | undefined,
): readonly GatewayStatus[] {
  // What was spent is not known while the ledger cannot be trusted.
  if (!privacy || privacy.problem) return gateways;
  return gateways.map((gateway) => {
    const spent = privacy.spendingOf(gateway.id);
    const known = spending.get(gateway);
    if (known?.privacy?.contributions === spent.contributions && known.privacy.isSpent === spent.isSpent)
      return known;
    const row = { ...gateway, privacy: spent };
    spending.set(gateway, row);
    return row;
  });
}

/** Rows of gateways in quarantine or on probation, by the row without it: a row that has not changed stays the same object. */
const quarantined = new WeakMap<GatewayStatus, GatewayStatus>();

function withQuarantines(
  gateways: readonly GatewayStatus[],
  quarantines: ReadonlyMap<string, Quarantine> = new Map(),
  probations: ReadonlySet<string> = new Set(),
): readonly GatewayStatus[] {
  if (quarantines.size + probations.size === 0) return gateways;
  return gateways.map((gateway) => {
    const quarantine = quarantines.get(gateway.id);
    const isOnProbation = probations.has(gateway.id);
    if (!quarantine && !isOnProbation) return gateway;
    const known = quarantined.get(gateway);
    if (
      known &&
      known.quarantine?.since === quarantine?.since &&
      known.isOnProbation === (isOnProbation || undefined)
    )
      return known;
    const row = { ...gateway, ...(quarantine && { quarantine }), ...(isOnProbation && { isOnProbation }) };
    quarantined.set(gateway, row);
    return row;
  });
}

/** The phase of a coordinator, as its status shows it. */
export function phaseOf(
  { stage, problem }: Pick<CoordinatorCondition, 'stage' | 'problem'>,
  model: ModelComponents | undefined,
): CoordinatorPhase {
  if (stage === 'stopped' || stage === 'refused') return stage;
  if (problem !== undefined) return 'refused';
  if (stage !== 'ready' || !model) return 'starting';
  if (model.warmStart.pending) return 'warming';
  if (model.pipeline.applying) return 'applying';
  return model.pipeline.paused ? 'paused' : 'collecting';
}
