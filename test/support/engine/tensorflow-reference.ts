import * as tf from '@tensorflow/tfjs';
import type { Samples } from '../../../gateway/engine';
import { type ModelSpec, type ParameterTensor, parameterLayout } from '../../../gateway/model';
import type { Optimiser } from '../../../gateway/task';
import { layerCase } from './layers';
import { referenceExample } from './reference-losses';

/** Makes plain TensorFlow.js ready: its CPU backend, which shares no code with the engine under test. */
export async function readyTensorFlow(): Promise<void> {
  await tf.setBackend('cpu');
  await tf.ready();
}

/** The same model in TensorFlow.js operations, with one variable for each tensor. Dispose of it when done. */
export class TensorFlowReference {
  private readonly tensors: readonly ParameterTensor[];
  private readonly variables: tf.Variable[];

  constructor(
    private readonly model: ModelSpec,
    parameters: Float32Array,
  ) {
    this.tensors = parameterLayout(model).tensors;
    this.variables = this.tensors.map(({ offset, size, shape }) =>
      tf.variable(tf.tensor(parameters.slice(offset, offset + size), [...shape])),
    );
  }

  /** Probabilities or values, `[count, outputs]`. */
  predict({ x, count }: Pick<Samples, 'x' | 'count'>): Float32Array {
    const { loss } = this.model;
    return tf.tidy(() => {
      const outputs = this.outputs(this.input(x, count));
      if (loss === 'softmax-cross-entropy') return tf.softmax(outputs as tf.Tensor2D).dataSync();
      return (loss === 'binary-cross-entropy' ? tf.sigmoid(outputs) : outputs).dataSync();
    }) as Float32Array;
  }

  /** Mean loss an example. */
  loss(samples: Samples): number {
    return tf.tidy(() => this.meanLoss(samples).dataSync()[0]!);
  }

  /** Gradient of the mean loss, flat as the parameters are. */
  gradient(samples: Samples): Float32Array {
    return tf.tidy(() => {
      const { grads } = tf.variableGrads(() => this.meanLoss(samples), this.variables);
      return this.flatten(this.variables.map((variable) => grads[variable.name]!));
    });
  }

  /** One optimiser step a batch, training only the given tensors; the parameters afterwards, flat. */
  train(
    batches: readonly Samples[],
    optimiser: Optimiser,
    learningRate: number,
    trained: readonly number[] = this.tensors.map((_, index) => index),
  ): Float32Array {
    const step = this.stepper(optimiser, learningRate, trained);
    batches.forEach(step);
    return this.flatten(this.variables);
  }

  /** A function that takes one step; the optimiser's state lives from call to call. */
  stepper(optimiser: Optimiser, learningRate: number, trained: readonly number[]): (batch: Samples) => void {
    const rule = tensorFlowOptimiser(optimiser, learningRate);
    const variables = trained.map((index) => this.variables[index]!);
    return (batch) => tf.tidy(() => void rule.minimize(() => this.meanLoss(batch), false, variables));
  }

  dispose(): void {
    tf.dispose(this.variables);
  }

  private flatten(values: readonly tf.Tensor[]): Float32Array {
    const flat = new Float32Array(this.tensors.reduce((sum, { size }) => sum + size, 0));
    this.tensors.forEach(({ offset }, index) => {
      flat.set(values[index]!.dataSync(), offset);
    });
    return flat;
  }

  private input(x: Float32Array, count: number): tf.Tensor {
    return tf.tensor(x, [count, ...this.model.input]);
  }

  private meanLoss(samples: Samples): tf.Scalar {
    const { model } = this;
    const examples = Array.from({ length: samples.count }, (_, i) => referenceExample(model, samples, i));
    const inputs = examples.flatMap(({ input }) => Array.from(input));
    const outputs = this.outputs(this.input(Float32Array.from(inputs), samples.count));
    const flat = tf.reshape(outputs, [samples.count, model.outputs]);
    const values = () => tf.tensor2d(examples.map(({ values }) => Array.from(values)));
    const labels = () => {
      const classes = tf.tensor1d(Array.from(samples.y.subarray(0, samples.count)), 'int32');
      if (model.outputs === 1) return tf.expandDims(tf.cast(classes, 'float32'), 1);
      return tf.oneHot(classes, model.outputs);
    };
    switch (model.loss) {
      case 'softmax-cross-entropy':
        return tf.losses.softmaxCrossEntropy(labels(), flat);
      case 'binary-cross-entropy':
        return tf.losses.sigmoidCrossEntropy(labels(), flat);
      case 'mean-squared-error':
        return tf.losses.meanSquaredError(values(), flat);
      case 'huber':
        return tf.losses.huberLoss(values(), flat, undefined, 1);
    }
  }

  private outputs(input: tf.Tensor): tf.Tensor {
    let value = input;
    const values = [input];
    this.model.layers.forEach((layer, index) => {
      const tensors = this.variables.filter((_, i) => this.tensors[i]?.layer === index);
      const second = this.model.seconds[index];
      const site = { tensors, second: second === undefined ? undefined : values[second + 1] };
      value = layerCase(layer.type).tensorFlow(tf, layer, value, site);
      values.push(value);
    });
    return value;
  }
}

function tensorFlowOptimiser(optimiser: Optimiser, learningRate: number): tf.Optimizer {
  switch (optimiser.kind) {
    case 'sgd':
      return optimiser.momentum === 0
        ? tf.train.sgd(learningRate)
        : tf.train.momentum(learningRate, optimiser.momentum);
    case 'adam':
      return tf.train.adam(learningRate, optimiser.beta1, optimiser.beta2, optimiser.epsilon);
  }
}
