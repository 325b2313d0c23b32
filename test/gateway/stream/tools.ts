import { FtteError, SeededRandom } from '../../../gateway/platform';
import { SampleStore } from '../../../gateway/stream';
import { readSamples } from '../../../gateway/stream/samples/sample-file';
import { parseTask, type Task, type TaskInput } from '../../../gateway/task';

/** A small task: windows [4, 2] of channels a and b, labels still and moving. */
export function smallTask(changes: { input?: Partial<TaskInput['input']>; labels?: string[] } = {}): Task {
  return parseTask({
    name: 'small',
    input: {
      channels: [{ name: 'a' }, { name: 'b' }],
      rateHz: 10,
      length: 4,
      hop: 2,
      normalisation: 'none',
      ...changes.input,
    },
    labels: changes.labels ?? ['still', 'moving'],
    model: { preset: 'mlp', size: 'S' },
  });
}

/** The samples of a file in a store, and what is damaged in the file. A missing file gives an empty store. */
export async function storeOfFile(
  path: string,
  capacity = 8,
): Promise<{ store: SampleStore; damage: FtteError | undefined }> {
  const store = new SampleStore({ capacity, random: new SeededRandom(1) });
  const found = await readSamples(path);
  if (found) store.restore(found.content);
  return { store, damage: found?.damage };
}

/** A check for `assert.throws`/`assert.rejects`: an FtteError of this code whose message contains all parts. */
export function refusal(code: string, ...parts: string[]): (error: unknown) => true {
  return (error) => {
    if (!(error instanceof FtteError) || error.code !== code) throw error;
    for (const part of parts) {
      if (!error.message.includes(part)) throw new Error(`"${error.message}" does not contain "${part}"`);
    }
    return true;
  };
}

/** Like `smallTask`, but it forecasts channel b three readings ahead. */
export function forecastTask(input: Partial<TaskInput['input']> = {}): Task {
  return parseTask({
    ...smallInput(input),
    kind: 'forecast',
    forecast: { horizon: 3, channels: ['b'] },
    model: { preset: 'mlp', size: 'S' },
  });
}

/** Like `smallTask`, but it finds windows that differ from the others. */
export function anomalyTask(input: Partial<TaskInput['input']> = {}): Task {
  return parseTask({
    ...smallInput(input),
    kind: 'anomaly',
    model: { preset: 'mlp', size: 'S' },
  });
}

const smallInput = (input: Partial<TaskInput['input']>) => ({
  name: 'small',
  input: { ...smallTask().input, ...input },
});
