import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { YieldToEventLoop } from '../../platform';
import {
  type CarriedLayers,
  carriedLayers,
  carryOver,
  modelKey,
  parametersFingerprint,
  parseTask,
  type Task,
  taskModel,
} from '../../task';
import { readStoredModel } from '../storage/find-model';
import { seededParameters } from './recover';

/** The choices of a person whose task describes another model: keep what was learned, or start without it. */
export const modelChanges = ['keep', 'fresh'] as const;
export type ModelChangeChoice = (typeof modelChanges)[number];

/** The model that a coordinator starts with. */
export interface ModelStart {
  /** With the fingerprint of version 0, if that does not start from the seed. */
  readonly task: Task;
  /** Parameters of version 0; absent if the folder holds the model, or it starts from the seed. */
  readonly initial?: Float32Array;
  /** The layers that the model keeps of the one before it, if it begins with some. */
  readonly carried?: Carried;
}

/** The layers that a new model keeps of the one before it. */
export interface Carried extends CarriedLayers {
  /** The version that the parameters were those of. */
  readonly version: number;
  readonly text: string;
}

/**
 * Decides what a coordinator starts with. A folder holds one model for each task that described another one. A task that
 * is changed back continues its former model. A task whose model is new keeps what fits of the newest other model, if its
 * owner chose that. A model whose files cannot be read is left alone.
 * @param folder of the coordinator
 */
export async function modelStart(
  folder: string,
  task: Task,
  choice: ModelChangeChoice = 'keep',
  turn?: YieldToEventLoop,
): Promise<ModelStart> {
  if (choice === 'fresh' || task.initial !== undefined) return { task };
  const wanted = modelKey(task);
  const keys = await modelsIn(folder);
  if (keys.includes(wanted)) return { task };
  const models = await storedModels(folder, keys);
  const former = models.find(({ stored }) => modelKey({ ...stored, initial: undefined }) === wanted);
  if (former) return { task: { ...task, initial: former.stored.initial } };
  const [newest] = models;
  if (!newest || newest.version === 0 || newest.stored.kind !== task.kind) return { task };
  const layers = carriedLayers(newest.stored, task);
  if (layers.kept.length + layers.partly.length === 0) return { task };
  const initial = await seededParameters(taskModel(task), task.seed, turn);
  carryOver(newest.stored, newest.parameters, task, initial);
  const carried = { ...layers, version: newest.version, text: inWords(layers, newest.version) };
  return { task: { ...task, initial: parametersFingerprint(initial) }, initial, carried };
}

/** The layers that are kept of a version, in words. */
function inWords({ kept, partly, fresh }: CarriedLayers, version: number): string {
  const parts = [
    kept.length > 0 && `${kept.join(', ')} kept`,
    partly.length > 0 && `${partly.join(', ')} kept for the channels and labels that both tasks have`,
    fresh.length > 0 && `${fresh.join(', ')} new`,
  ];
  return `the task describes another model, which starts from version ${version} of the one before: ${parts.filter(Boolean).join('; ')}`;
}

interface FoundModel {
  readonly stored: Task;
  readonly version: number;
  /** The published ones, `[layout.size]`. */
  readonly parameters: Float32Array;
}

/** The keys of the models in a folder, whole or damaged. */
async function modelsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^[0-9a-f]{16}$/.test(name));
}

/** The models that can be read, the one that was written last first. */
async function storedModels(folder: string, keys: readonly string[]): Promise<FoundModel[]> {
  const found = await Promise.all(
    keys.map(async (key) => {
      try {
        const path = join(folder, key);
        const [model, { mtimeMs }] = [await readStoredModel(path), await stat(path)];
        const { version, parameters } = model;
        return [{ stored: parseTask(model.task), version, parameters: parameters.published, mtimeMs }];
      } catch {
        return [];
      }
    }),
  );
  return found.flat().sort((a, b) => b.mtimeMs - a.mtimeMs);
}
