import { createEngine } from '../../gateway/engine';
import { createPool, type Prepared, parseScenario, prepare, simulateSeed } from '../../gateway/simulation';
import { byPerson } from '../personal/people';
import { personalAccuracy } from '../personal/personal-accuracy';
import { sharedModel } from '../personal/shared-model';
import { gatherSamples } from '../support/gather-samples';
import { areaUnderCurve, mean } from '../support/statistics';
import type { LearningCase } from './cases';
import { testPeople } from './test-people';

/** Memory for personal models. */
const personalBytes = 192 * 1024;

/** One seed of a case. */
export interface LearningRun {
  readonly data: string;
  readonly setting: string;
  readonly seed: number;
  readonly measure: LearningCase['measure'];
  /** The last model of a federation, on people that nobody trained on. */
  readonly federated: number;
  /** The same model trained by the same engine with all data in one place. */
  readonly central: number;
  readonly bestElsewhere: number;
  /** Balanced accuracy of gated personal models on the later windows of these people, and of the shared one. */
  readonly personal: number;
  readonly personalShared: number;
  /** The same with every adapted model used, and people whose own model was adopted, or adopted and worse. */
  readonly personalUngated: number;
  readonly adopted: number;
  readonly harmed: number;
  readonly bytesPerGateway: number;
  /** Of the whole federation. */
  readonly cpuSeconds: number;
  /** Memory of a gateway's training. */
  readonly peakBytes: number;
}

/** Measures some seeds of a case, which share its data. @param onProgress receives a line now and then */
export async function* measureCase(
  one: LearningCase,
  seeds: readonly number[],
  versions: number | undefined,
  onProgress: (text: string) => void,
): AsyncGenerator<LearningRun> {
  const stop = versions === undefined ? one.scenario.stop : { versions };
  const scenario = parseScenario({ ...one.scenario, stop, seeds: [...seeds] });
  const prepared = await prepare(scenario, onProgress);
  const { task, model, examples, training } = prepared;
  const judged = prepared.judging.flatMap((group) => [...group]);
  const people = byPerson(prepared.person, judged);
  const judge = (parameters: Float32Array) => quality(one.measure, prepared, parameters, people);
  const central = gatherSamples(examples, training);
  const adapting = await testPeople(prepared);
  for (const seed of seeds) {
    const pool = createPool({ threads: 0, examples });
    const before = process.cpuUsage();
    const { summary, parameters } = await simulateSeed(prepared, seed, {
      pool,
      onVersion: ({ version, balancedAccuracy }) => {
        if (balancedAccuracy !== undefined)
          onProgress(`seed ${seed}, version ${version}: balanced accuracy ${balancedAccuracy.toFixed(3)}`);
      },
    });
    await pool.close();
    const { user, system } = process.cpuUsage(before);
    const federated = judge(parameters);
    const inOnePlace = sharedModel(task, model, { training: central, epochs: one.centralPasses, seed });
    const own = await personalAccuracy({
      ...{ task, model, parameters, seed, budgetBytes: personalBytes },
      people: adapting,
    });
    yield {
      ...{ data: one.data, setting: one.setting, seed, measure: one.measure, federated },
      central: judge(inOnePlace),
      bestElsewhere: one.bestElsewhere.value,
      personal: own.personal,
      personalShared: own.shared,
      personalUngated: own.ungated,
      ...{ adopted: own.adopted, harmed: own.harmed },
      bytesPerGateway: Math.round((summary.bytesUp + summary.bytesDown) / summary.clients),
      cpuSeconds: (user + system) / 1e6,
      peakBytes: Math.max(...summary.plans.map(({ peakBytes }) => peakBytes)),
    };
  }
}

/** Balanced accuracy over all windows, or the mean over people of the area under the ROC curve of the second label. */
function quality(
  measure: LearningCase['measure'],
  { model, examples }: Prepared,
  parameters: Float32Array,
  people: readonly (readonly number[])[],
): number {
  const program = createEngine().compile({ model });
  program.loadParameters(parameters);
  const right = new Map<number, number>();
  const all = new Map<number, number>();
  const areas = people.map((indices) => {
    const { x, y, count } = gatherSamples(examples, indices);
    const given = program.predict(x, count);
    const rows = Array.from(y, (_, i) => given.subarray(i * model.outputs, (i + 1) * model.outputs));
    y.forEach((label, i) => {
      const answer = rows[i]!.indexOf(Math.max(...rows[i]!));
      all.set(label, (all.get(label) ?? 0) + 1);
      if (answer === label) right.set(label, (right.get(label) ?? 0) + 1);
    });
    return measure === 'AUC'
      ? areaUnderCurve(
          rows.map((row) => row.at(-1)!),
          Array.from(y, (label) => label === 1),
        )
      : Number.NaN;
  });
  program.release();
  return measure === 'AUC'
    ? mean(areas)
    : mean([...all].map(([label, count]) => (right.get(label) ?? 0) / count));
}
