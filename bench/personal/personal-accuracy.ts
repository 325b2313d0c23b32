import { createEngine, InlineTrainer, type Samples } from '../../gateway/engine';
import { initialParameters, type ModelSpec } from '../../gateway/model';
import { SeededRandom } from '../../gateway/platform';
import {
  adaptModel,
  adoptAbove,
  canJudge,
  changeBy,
  isBetter,
  labelsOf,
  mixed,
  overlapOf,
  splitsByTime,
} from '../../gateway/prediction';
import { type PlanRequest, selectPlan } from '../../gateway/selection';
import { SampleStore, windowsOf } from '../../gateway/stream';
import type { Task } from '../../gateway/task';

/** Share of a person's windows, the oldest, that adapt a model. All later ones judge. */
const share = 0.2;

/**
 * Adapts a shared model at people as a gateway does: the oldest fifth of a person's windows goes into a sample store of
 * 1024, and the gate sees nothing else. All later windows judge, over all people together.
 */
export async function personalAccuracy(request: PersonalRequest): Promise<PersonalAccuracy> {
  const { task, model, parameters, people, seed, budgetBytes, above = adoptAbove } = request;
  const trainer = new InlineTrainer(createEngine());
  const choosePlan = (asked: PlanRequest) =>
    selectPlan({ ...asked, parameters: initialParameters(model, asked.seed ?? 0) });
  const tallies = { shared: new Tally(task), personal: new Tally(task), ungated: new Tally(task) };
  let [adopted, harmed, seconds] = [0, 0, 0];
  for (const windows of people) {
    const cut = Math.floor(windows.count * share);
    const later = part(windows, cut, windows.count);
    const shared = await answers(parameters);
    let [personal, ungated] = [shared, shared];
    const store = new SampleStore({ capacity: 1024, random: new SeededRandom(seed) });
    store.fit(task);
    const own = part(windows, 0, cut);
    windowsOf(own).forEach((window, i) => {
      store.add({ window, label: own.y[i]! });
    });
    const splits = splitsByTime(store.list(), overlapOf(task.input));
    const begin = process.cpuUsage();
    const adaptation = { task, model, parameters, seed, budgetBytes };
    const parts = { splits, batch: (chosen: Parameters<typeof store.batch>[0]) => store.batch(chosen) };
    const made = await adaptModel({ ...adaptation, ...parts }, trainer, choosePlan);
    const { change } = await changeBy(store.all(), adaptation, trainer, choosePlan);
    seconds += process.cpuUsage(begin).user / 1e6;
    const isAdopted =
      canJudge(
        splits.at(-1)!.keptOut.map(({ label }) => label),
        task,
      ) && isBetter(made.comparison, above);
    await trainer.configure({ model });
    ungated = await answers(await mixed(parameters, change, 1));
    if (isAdopted) {
      adopted++;
      personal = await answers(await mixed(parameters, change, made.mixture));
      if (accuracy(personal, later.y) < accuracy(shared, later.y) - 0.01) harmed++;
    }
    tallies.shared.add(shared, later.y);
    tallies.personal.add(personal, later.y);
    tallies.ungated.add(ungated, later.y);

    async function answers(flat: Float32Array): Promise<Uint16Array> {
      await trainer.configure({ model });
      await trainer.setParameters(flat);
      return labelsOf(await trainer.predict(later.x, later.count), later.count);
    }
  }
  await trainer.close();
  return {
    shared: tallies.shared.balanced,
    personal: tallies.personal.balanced,
    ungated: tallies.ungated.balanced,
    adopted,
    harmed,
    cpuSecondsPerPerson: seconds / Math.max(1, people.length),
  };
}

export interface PersonalRequest {
  readonly task: Task;
  readonly model: ModelSpec;
  /** The shared model, flat. */
  readonly parameters: Float32Array;
  /** Each person's windows, oldest first. */
  readonly people: readonly Samples[];
  readonly seed: number;
  readonly budgetBytes: number;
  /** Multiple of its noise that a gain has to exceed. Default: that of the package. */
  readonly above?: number;
}

/** Balanced accuracies over all people together. */
export interface PersonalAccuracy {
  readonly shared: number;
  /** Of what gateways answer with. */
  readonly personal: number;
  /** Of adapted models alone, without a gate. */
  readonly ungated: number;
  /** People whose own model was adopted, and those of them who lose more than a point of accuracy by it. */
  readonly adopted: number;
  readonly harmed: number;
  readonly cpuSecondsPerPerson: number;
}

/** Right answers by label, over people. */
class Tally {
  private readonly right: number[];
  private readonly all: number[];

  constructor({ labels }: Task) {
    this.right = labels.map(() => 0);
    this.all = labels.map(() => 0);
  }

  add(answers: Uint16Array, y: Uint16Array): void {
    y.forEach((label, i) => {
      this.all[label]!++;
      if (answers[i] === label) this.right[label]!++;
    });
  }

  /** Mean recall over the labels that occur. */
  get balanced(): number {
    const recalls = this.all.flatMap((count, label) => (count > 0 ? [this.right[label]! / count] : []));
    return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
  }
}

const accuracy = (answers: Uint16Array, y: Uint16Array) =>
  answers.reduce((right, answer, i) => right + (answer === y[i] ? 1 : 0), 0) / Math.max(1, y.length);

function part({ x, y, count }: Samples, from: number, to: number): Samples {
  const size = x.length / count;
  return { count: to - from, x: x.slice(from * size, to * size), y: y.slice(from, to) };
}
