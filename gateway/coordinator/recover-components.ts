import type { Notice } from '../platform';
import { taskModel } from '../task';
import {
  type Components,
  createModelComponents,
  keptVersions,
  type ModelComponents,
  type ModelListeners,
} from './components';
import { scoreSubject } from './evaluation/score-file';
import { lineageBegun, unprotected } from './reports';
import { type Recovery, recover, seededParameters } from './state/recover';
import { isDamaged, type StorageWatch } from './storage/storage-watch';

/** The components after reading the folder. */
export interface RecoveredComponents {
  readonly model: ModelComponents;
  /** Set if a lineage began, or if an older checkpoint replaced a damaged one. */
  readonly notice: Omit<Notice, 'count'> | undefined;
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
  const { modelStore, scoreStore, evaluator, persistedHeldOut, profiler, noiseKey, options } = components;
  const { task, yieldToEventLoop } = options;
  const { state, contributions, notice } = await readFolder(components, storage);
  await storage.until(() => noiseKey.open());
  await persistedHeldOut.open();
  const isGranted = task.aggregation.participation.kind === 'granted';
  const seeded = isGranted ? await seededParameters(taskModel(task), task.seed, yieldToEventLoop) : undefined;
  const model = createModelComponents(components, state, seeded, listeners);
  const distrust = state.privacy?.problem;
  if (distrust) listeners.notices.say({ code: 'privacy-ledger', level: 'error', text: distrust.message });
  const { because } = state.protection;
  if (because && because !== 'rare-labels') listeners.notices.say(unprotected(because));
  model.pipeline.recall(contributions);
  await model.newestDigest.make();
  await storage.until(() => modelStore.commit(state.checkpoint(), keptVersions(state, evaluator)));
  profiler.restore(options.region?.importance ?? (await scoreStore.read(scoreSubject(state))));
  return { model, notice };
}

/** Reads the folder, and if no checkpoint is whole, once more after a person has decided to set it aside. */
async function readFolder(components: Components, storage: StorageWatch): Promise<Recovery> {
  const { lock, modelStore, membership, privacy, options } = components;
  const { task, initial, random, yieldToEventLoop, region } = options;
  const read = async () => {
    const { sharedLog, key, session } = options;
    if (sharedLog) await modelStore.own({ key, coordinator: session.id });
    return recover(modelStore, task, membership, random, initial, yieldToEventLoop, privacy, region);
  };
  let aside: string | undefined;
  for (;;) {
    try {
      const found = await storage.until(async () => {
        await lock?.acquire();
        return read();
      });
      if (aside === undefined) return found;
      const { lineage } = found.state;
      const text = `a new lineage begins: the damaged files are kept in ${aside}, and nobody but you deletes them`;
      return { ...found, notice: lineageBegun(lineage, text) };
    } catch (error) {
      if (!isDamaged(error)) throw error;
      // A person may restore a backup meanwhile.
      await lock?.release();
      await storage.decision(error);
      aside = await storage.until(async () => {
        await lock?.acquire();
        return modelStore.reset();
      });
    }
  }
}
