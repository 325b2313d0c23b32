import type { FtteError } from '../platform';
import { taskModel } from '../task';
import {
  type Components,
  createModelComponents,
  keptVersions,
  type ModelComponents,
  type ModelListeners,
} from './components';
import { scoreSubject } from './evaluation/score-file';
import type { CoordinatorNotice } from './reports';
import { recover, seededParameters } from './state/recover';
import type { StorageWatch } from './storage-watch';

/** The components after reading the folder. */
export interface RecoveredComponents {
  readonly model: ModelComponents;
  /** Set if a lineage began, or if an older checkpoint replaced a damaged one. */
  readonly notice: CoordinatorNotice | undefined;
  /** Set if nothing in the folder could be read. */
  readonly problem: FtteError | undefined;
}

/**
 * Reads the folder and creates the components that work on the model. The state is durable when this resolves.
 * @param storage waits where the folder cannot be read or written
 * @throws FtteError as `recover`, but for `storage`
 */
export async function recoverComponents(
  components: Components,
  storage: StorageWatch,
  listeners: ModelListeners,
): Promise<RecoveredComponents> {
  const { lock, modelStore, scoreStore, membership, evaluator, profiler, options } = components;
  const { task, initial, random, yieldToEventLoop } = options;
  const found = await storage.until(async () => {
    await lock?.acquire();
    return recover(modelStore, task, membership, random, initial, yieldToEventLoop);
  });
  const { state, contributions, notice, problem } = found;
  const isGranted = task.aggregation.participation.kind === 'granted';
  const seeded = isGranted ? await seededParameters(taskModel(task), task.seed, yieldToEventLoop) : undefined;
  const model = createModelComponents(components, state, seeded, listeners);
  model.pipeline.recall(contributions);
  await storage.until(() => modelStore.commit(state.checkpoint(), keptVersions(state, evaluator)));
  profiler.restore(await scoreStore.read(scoreSubject(state)));
  return { model, notice, problem };
}
