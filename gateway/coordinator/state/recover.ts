import { initialSteps, type ModelSpec, parameterLayout } from '../../model';
import {
  counted,
  FtteError,
  type Notice,
  type Random,
  runAsync,
  runSync,
  type YieldToEventLoop,
} from '../../platform';
import { parametersFingerprint, type Task, taskModel } from '../../task';
import type { PlaceAbove } from '../above/unsent-progress';
import type { Contribution } from '../aggregation/contribution';
import type { Membership } from '../fleet/membership';
import type { PrivateVersions } from '../privacy';
import { lineageBegun, modelRecovered } from '../reports';
import type { LoadedCheckpoint, ModelStore, ModelStoreContents } from '../storage';
import { CoordinatorState } from './coordinator-state';

/** The result of reading the folder. */
export interface Recovery {
  readonly state: CoordinatorState;
  /** Contributions that have to go back into the buffer. */
  readonly contributions: readonly Contribution[];
  readonly notice: Omit<Notice, 'count'> | undefined;
}

/**
 * Reads the folder. If it is empty, a new lineage begins. If the newest checkpoint was damaged, the one before it
 * continues under a number after it: gateways may hold the lost version, and must not confuse it with another.
 * @throws FtteError `storage`; `checkpoint-damaged` if the folder has no whole checkpoint; `config-invalid` if `initial`
 * does not fit the model, or is not what the task names
 */
export async function recover(
  modelStore: ModelStore,
  task: Task,
  membership: Membership,
  random: Random,
  initial?: Float32Array,
  turn?: YieldToEventLoop,
  privacy?: PrivateVersions,
  region?: { readonly start: PlaceAbove | undefined },
): Promise<Recovery> {
  const model = taskModel(task);
  const layout = parameterLayout(model);
  const drawn = initial ?? seededParameters(model, task.seed, turn);
  const start = drawn instanceof Promise ? await drawn : drawn;
  if (start.length !== layout.size) {
    const text = `initial has ${start.length} parameters, expected ${layout.size} for the model of the task`;
    throw new FtteError('config-invalid', text, { field: 'initial' });
  }
  const strange = start.findIndex((value) => !Number.isFinite(value));
  if (strange >= 0) {
    const text = `initial[${strange}] is ${start[strange]}, expected finite numbers`;
    throw new FtteError('config-invalid', text, { field: 'initial' });
  }
  // A region starts from a later version than the first one of its task.
  if (!region && task.initial !== undefined && initial && parametersFingerprint(initial) !== task.initial) {
    const text = `initial has the fingerprint ${parametersFingerprint(initial)}, expected ${task.initial} of the task`;
    throw new FtteError('config-invalid', text, { field: 'initial' });
  }
  await privacy?.open();
  const found = await modelStore.open();
  if (!region && task.initial !== undefined && !initial && !found.checkpoint) {
    const text = `the task starts from the parameters ${task.initial}, but no file of parameters was given`;
    throw new FtteError('config-invalid', text, { field: 'initial' });
  }
  const lineage = found.checkpoint?.lineage ?? random.hex(8);
  const state = new CoordinatorState(task, layout, lineage, start, membership, privacy, region);
  const remarks = [...found.remarks];
  if (found.checkpoint) {
    state.restore(found.checkpoint, found.members);
    remarks.push(...(await recallPast(state, found.checkpoint, modelStore)));
  }
  if (found.highestVersion > state.version) state.model.renumber(found.highestVersion + 1);
  return { state, contributions: found.contributions, notice: noticeOf(state, { ...found, remarks }) };
}

/** Reads the past versions, so that damping continues with them. @returns remarks for a person */
async function recallPast(
  state: CoordinatorState,
  checkpoint: LoadedCheckpoint,
  modelStore: ModelStore,
): Promise<string[]> {
  const { past } = checkpoint;
  if (!state.damped || !past) return [];
  const found = await modelStore.past(checkpoint, state.layout.size);
  for (const [version, published] of found) state.rememberPast(version, published);
  if (found.size >= past.count) return [];
  return [
    `${past.count - found.size} of ${past.count} past versions are lost, and damping does without them`,
  ];
}

/** Version 0 of a seed. It yields to the event loop between its steps if `turn` is given. */
export function seededParameters(
  model: ModelSpec,
  seed: number,
  turn: YieldToEventLoop | undefined,
): Float32Array | Promise<Float32Array> {
  const steps = initialSteps(model, seed);
  return turn ? runAsync(steps, turn) : runSync(steps);
}

function noticeOf(
  { lineage, version }: CoordinatorState,
  { checkpoint, remarks, contributions }: ModelStoreContents,
): Omit<Notice, 'count'> | undefined {
  if (!checkpoint) {
    const text = 'a new lineage begins: there is no checkpoint of this model yet';
    return lineageBegun(lineage, text);
  }
  const damage = remarks.join('; ');
  if (!damage) return undefined;
  const text = `${damage}: continues from version ${checkpoint.version} as version ${version} with ${counted(contributions.length, 'contribution')} of the journal`;
  return modelRecovered(version, text);
}
