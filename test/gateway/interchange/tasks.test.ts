import assert from 'node:assert/strict';
import { devNull, tmpdir } from 'node:os';
import {
  decodeParameters,
  encodeParameters,
  metadataOf,
  openLayersModel,
  parametersFor,
  readInitialParameters,
  readLayersModel,
  taskOfModel,
  taskWithModel,
  writeLayersModel,
} from '../../../gateway/interchange';
import { initialParameters } from '../../../gateway/model';
import {
  modelKey,
  parametersFingerprint,
  parseTask,
  type Task,
  type TaskInput,
  taskLoss,
  taskModel,
} from '../../../gateway/task';
import { type SavedLayerSpec, savedChain } from '../../support/engine/saved-model';

const pool: SavedLayerSpec = { class_name: 'GlobalAveragePooling1D' };
const dense = (units: number, activation: string): SavedLayerSpec => ({
  class_name: 'Dense',
  config: { units, activation },
  weights: { kernel: [3, units], bias: [units] },
});
const imported = (...layers: SavedLayerSpec[]) => {
  const { modelJson, shards } = savedChain([8, 3], layers);
  return readLayersModel(openLayersModel(modelJson), shards);
};
const classifier = imported(pool, dense(2, 'softmax'));

const input = {
  channels: ['x', 'y', 'z'].map((name) => ({ name, unit: 'g', centre: 1, spread: 2 })),
  rateHz: 50,
  length: 8,
  hop: 4,
};
const activities: TaskInput = {
  name: 'activities',
  input,
  labels: ['still', 'moving'],
  model: { preset: 'mlp', size: 'S' },
};

describe('A task for an imported model', () => {
  it('takes the layers of the model in place of its own', () => {
    const task = parseTask(taskWithModel(activities, classifier));
    assert.deepEqual(task.model, {
      layers: [
        { type: 'globalaveragepool1d', name: 'layer_0' },
        { type: 'dense', name: 'layer_1', units: 2 },
      ],
    });
    assert.equal(taskLoss(task), 'softmax-cross-entropy');
    assert.equal(parametersFor(task, classifier), classifier.parameters);
  });

  it('asks yes or no where the model ends in a sigmoid', () => {
    const task = parseTask(taskWithModel(activities, imported(pool, dense(1, 'sigmoid'))));
    assert.equal(taskLoss(task), 'binary-cross-entropy');
    assert.equal(taskModel(task).outputs, 1);
  });

  it('keeps a sigmoid at the end of an autoencoder, which its loss does not do', () => {
    const conv = {
      class_name: 'Conv1D',
      config: { filters: 3, kernel_size: [1], activation: 'sigmoid' },
      weights: { kernel: [1, 3, 3], bias: [3] },
    };
    const task = parseTask(taskWithModel({ ...activities, kind: 'anomaly', labels: [] }, imported(conv)));
    assert.deepEqual(
      taskModel(task).layers.map(({ type }) => type),
      ['conv1d', 'sigmoid'],
    );
  });

  it('names everything that does not fit', () => {
    const other = {
      ...activities,
      input: { ...input, length: 9, channels: input.channels.slice(1) },
      labels: ['a', 'b', 'c'],
    };
    assert.throws(
      () => taskWithModel(other, classifier),
      (error: Error) => {
        assert.match(error.message, /takes 3 channels, the task has 2: y, z/);
        assert.match(error.message, /takes 8 readings, the task's window has 9/);
        assert.match(error.message, /gives 2 outputs, the task has 3 labels: a, b, c/);
        return true;
      },
    );
    assert.throws(
      () => taskWithModel({ ...activities, kind: 'anomaly', labels: [] }, classifier),
      /ends in softmax/,
    );
  });

  it('is a skeleton where there is none, and the task that was exported where the file is ours', () => {
    const skeleton = parseTask(taskOfModel(classifier));
    assert.deepEqual(skeleton.labels, ['label 1', 'label 2']);
    assert.equal(skeleton.input.length, 8);
    const task = parseTask({ ...activities, training: { loss: 'binary-cross-entropy' } });
    const model = taskModel(task);
    const parameters = initialParameters(model, 1);
    const metadata = metadataOf(task, { lineage: 'aa', version: 7 });
    const { modelJson, weights } = writeLayersModel(model, parameters, { metadata });
    const back = readLayersModel(openLayersModel(modelJson), new Map([['weights.bin', weights]]));
    const again = parseTask(taskOfModel(back));
    assert.deepEqual([back.metadata?.version, back.metadata?.lineage], [7, 'aa']);
    const { name, kind, labels } = again;
    assert.deepEqual([name, kind, labels, again.input], [task.name, task.kind, task.labels, task.input]);
    assert.equal(taskLoss(again), 'binary-cross-entropy');
    assert.deepEqual(parametersFor(task, back), parameters);
  });

  it('says which layer differs where a task has others', () => {
    const task = parseTask({
      ...activities,
      model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
    });
    assert.throws(
      () => parametersFor(task, classifier),
      /layer 0 of the task is \{"type":"flatten"\}, of the model/,
    );
  });

  it("is another model than the seed's, and another for each start", () => {
    const task = parseTask(taskWithModel(activities, classifier));
    const from = (parameters: Float32Array): Task => ({
      ...task,
      initial: parametersFingerprint(parameters),
    });
    const other = classifier.parameters.map((value) => value + 1);
    const keys = [task, from(classifier.parameters), from(other)].map(modelKey);
    assert.equal(new Set(keys).size, 3);
  });
});

describe('A parameters file', () => {
  const task = parseTask(activities);
  const parameters = initialParameters(taskModel(task), 3);
  const bytes = encodeParameters(task, parameters);

  it('gives back every bit', () => assert.deepEqual(decodeParameters(task, bytes), parameters));

  it('is refused where it is of other layers, damaged, or something else', () => {
    const other = parseTask({ ...activities, model: { preset: 'mlp', size: 'M' } });
    assert.throws(
      () => decodeParameters(other, bytes),
      /has dense\/kernel \[24,32\] where the task's model has dense\/kernel \[24,64\]/,
    );
    const bent = Uint8Array.from(bytes);
    bent[bent.length - 1]! ^= 1;
    assert.throws(() => decodeParameters(task, bent), /damaged: its check sum/);
    for (const length of [0, 8, 11, 40])
      assert.throws(() => decodeParameters(task, bytes.subarray(0, length)), { code: 'model-invalid' });
    assert.throws(() => decodeParameters(task, Buffer.from('{"layers": []}')), /does not begin as one/);
  });

  it('is refused at once where values are missing, or there are more of them', () => {
    for (const wrong of [bytes.subarray(0, -4), Buffer.concat([bytes, Buffer.alloc(1000)])])
      assert.throws(() => decodeParameters(task, wrong), /bytes of values, expected \d+ for the model/);
  });

  it('is read from files alone: a folder and a device are none', async () => {
    for (const path of [tmpdir(), devNull])
      await assert.rejects(readInitialParameters(path, task), {
        code: 'model-invalid',
        message: /it is no file/,
      });
  });

  it('is not written of numbers that are none', () => {
    assert.throws(() => encodeParameters(task, parameters.slice(1)), /got \d+ parameters/);
    assert.throws(
      () =>
        encodeParameters(
          task,
          parameters.map(() => Number.NaN),
        ),
      /expected finite/,
    );
  });
});
