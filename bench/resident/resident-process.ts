// Trains all parameters of a preset at batch 32 in a fresh process. Arguments: preset, size, `engine` or `thread`, micro-batch.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Samples } from '../../gateway/engine';
import { densePlan, initialParameters, parameterLayout, resolveModel, type Shape } from '../../gateway/model';
import { type PresetName, type PresetSize, presetLayers } from '../../gateway/task';

/** The figures that the process prints. */
export interface Resident {
  readonly arenaBytes: number;
  /** Peak resident memory above that before the engine was loaded. */
  readonly residentBytes: number;
}

const [preset, size, where, microBatch] = process.argv.slice(2) as [
  PresetName,
  PresetSize,
  'engine' | 'thread',
  string,
];
const input: Shape = preset === 'mobilenet-tiny' ? [1024, 3] : [128, 6];
const same = preset === 'autoencoder1d';
const values = input.reduce((product, length) => product * length, 1);
const model = resolveModel(
  input,
  presetLayers(preset, size, 6, input),
  same ? values : 6,
  same ? 'mean-squared-error' : 'softmax-cross-entropy',
  same ? { kind: 'input' } : { kind: 'class' },
);
const count = 64;
const samples: Samples = {
  count,
  x: new Float32Array(count * values).fill(0.1),
  y: new Uint16Array(same ? 0 : count),
};
const request = { model, plan: densePlan(parameterLayout(model), Number(microBatch)), batchSize: 32 };
const parameters = initialParameters(model, 1);
const round = { epochs: 1, learningRate: 1e-4, seed: 1 };
const rounds = 10;

const kilobytes = (name: string) =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
/** Loads the built engine if there is one, because compiling TypeScript would count as its memory. */
const load = <T>(file: string): T => {
  const built = join(__dirname, '..', '..', 'dist', 'gateway', 'engine', `${file}.js`);
  return require(existsSync(built) ? built : `../../gateway/engine/${file}`) as T;
};

async function measure(): Promise<Resident> {
  const before = kilobytes('VmRSS');
  let arenaBytes: number;
  if (where === 'engine') {
    const { createEngine } = load<typeof import('../../gateway/engine')>('program/create-engine');
    const program = createEngine().compile(request);
    program.loadParameters(parameters);
    for (let i = 0; i < rounds; i++) program.train(samples, round);
    arenaBytes = program.memory.peakBytes;
  } else {
    const { WorkerTrainer } = load<typeof import('../../gateway/engine')>('worker/index');
    const trainer = new WorkerTrainer();
    arenaBytes = (await trainer.configure(request)).peakBytes;
    await trainer.setParameters(parameters);
    for (let i = 0; i < rounds; i++) await trainer.train(samples, round);
    await trainer.close();
  }
  return { arenaBytes, residentBytes: (kilobytes('VmHWM') - before) * 1024 };
}

void measure().then((result) => console.log(JSON.stringify(result)));
