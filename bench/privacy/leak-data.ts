import { createEngine, type Samples } from '../../gateway/engine';
import { type LayerSpec, parameterLayout, resolveModel } from '../../gateway/model';
import { type Random, shuffle } from '../../gateway/platform';
import { channelMoments, loadData, normaliseExamples } from '../../gateway/simulation';
import { parseTask, type Task, taskModel } from '../../gateway/task';
import { gatherSamples } from '../support/gather-samples';
import { dataFolder } from '../support/recordings';

/** Labels of postures in passing, of which there are few windows. */
const isRare = (label: string) => /_to_|transition/i.test(label);

/** Windows of all people that train, and the task that they belong to. */
export async function leakData(name: string, preset: 'mlp' | 'features') {
  const data = await loadData(
    name === 'synthetic'
      ? { synthetic: { people: 8, testPeople: 2, windowsPerPerson: 60, seed: 1 } }
      : { folder: dataFolder(name) },
  );
  const labels = data.labels.filter((label) => !isRare(label));
  const labelOf = (i: number) => labels.indexOf(data.labels[data.y[i] ?? -1] ?? '');
  const training = data.windows.flatMap((_, i) => (data.split[i] === 0 && labelOf(i) >= 0 ? [i] : []));
  const moments = channelMoments(data, training);
  const channels = data.input.channels.map((channel, c) => ({ ...channel, ...moments[c] }));
  const task = parseTask({ name, input: { ...data.input, channels }, labels, model: { preset, size: 'S' } });
  const examples = normaliseExamples(data, task.input);
  const byLabel = labels.map((_, label) => training.filter((i) => labelOf(i) === label));
  const take = (indices: readonly number[]) => gatherSamples(examples, indices, labelOf);
  return { task, training, byLabel, take, inputOf: inputOf(task) };
}

type LeakData = Awaited<ReturnType<typeof leakData>>;

/** The windows of a round with some of the labels, in unequal parts. */
export function ofOneRound(
  { byLabel, take }: LeakData,
  { windows, labels }: { windows: number; labels: number },
  random: Random,
): { readonly samples: Samples; readonly labels: ReadonlySet<number> } {
  const chosen = shuffle([...byLabel.keys()], random).slice(0, labels);
  const indices = Array.from({ length: windows }, (_, i) => {
    const all = byLabel[chosen[i < labels ? i : random.integer(labels)]!]!;
    return all[random.integer(all.length)]!;
  });
  return { samples: take(indices), labels: new Set(chosen) };
}

/** A window of anybody. */
export const randomWindow = ({ training, take }: LeakData, random: Random): Samples =>
  take([training[random.integer(training.length)]!]);

/** Calculates what enters the first dense layer of a model: the model up to there, and a dense layer that changes nothing. */
function inputOf(task: Task): (samples: Samples, parameters: Float32Array) => number[] {
  const model = taskModel(task);
  const first = model.layers.findIndex(({ type }) => type === 'dense');
  const size = model.shapes[first - 1]!.reduce((product, length) => product * length, 1);
  const layers: LayerSpec[] = [...model.layers.slice(0, first), { type: 'dense', units: size }];
  const upTo = resolveModel(model.input, layers, size, 'softmax-cross-entropy');
  const { tensors, size: length } = parameterLayout(upTo);
  const kernel = tensors.at(-2)!;
  const program = createEngine().compile({ model: upTo });
  return (samples, parameters) => {
    const flat = new Float32Array(length);
    flat.set(parameters.subarray(0, kernel.offset));
    for (let i = 0; i < size; i++) flat[kernel.offset + i * size + i] = 1;
    program.loadParameters(flat);
    // The logarithms of probabilities are the inputs but for a constant, which a correlation does not see.
    return [...program.predict(samples.x, 1)].map((value) => Math.log(Math.max(value, 1e-38)));
  };
}
