import { type LayerSpec, type ModelSpec, resolveModel, type Shape, sizeOf } from '../../gateway/model';
import { type PresetName, type PresetSize, presetLayers } from '../../gateway/task';

/** A preset (or `conv2d`), the recording that it learns, and its score. */
export interface PresetCase {
  readonly name: PresetName | 'conv2d';
  readonly data: 'hapt' | 'mitbih' | 'cifar10-12k' | 'mnist-12k';
  readonly score: 'accuracy' | 'balanced accuracy' | 'variance rebuilt';
  readonly epochs: number;
  readonly learningRate: number;
}

/** The cases of the benchmark. Rates for pictures, beats and the autoencoder were chosen with --judge kept-aside. */
export const presetCases: readonly PresetCase[] = [
  { name: 'mlp', data: 'hapt', score: 'accuracy', epochs: 10, learningRate: 0.01 },
  { name: 'cnn1d', data: 'hapt', score: 'accuracy', epochs: 10, learningRate: 0.03 },
  { name: 'ds-cnn1d', data: 'hapt', score: 'accuracy', epochs: 10, learningRate: 0.03 },
  { name: 'ds-cnn1d', data: 'mitbih', score: 'balanced accuracy', epochs: 10, learningRate: 0.03 },
  { name: 'gru', data: 'hapt', score: 'accuracy', epochs: 10, learningRate: 0.05 },
  { name: 'lstm', data: 'hapt', score: 'accuracy', epochs: 10, learningRate: 0.03 },
  { name: 'autoencoder1d', data: 'hapt', score: 'variance rebuilt', epochs: 10, learningRate: 0.02 },
  { name: 'mobilenet-tiny', data: 'cifar10-12k', score: 'accuracy', epochs: 12, learningRate: 0.02 },
  { name: 'conv2d', data: 'mnist-12k', score: 'accuracy', epochs: 4, learningRate: 0.03 },
];

/** The model of a case for the given input and number of classes. */
export function modelOf({ name }: PresetCase, input: Shape, classes: number, size: PresetSize): ModelSpec {
  if (name === 'conv2d') return resolveModel(input, digits(input, classes), classes, 'softmax-cross-entropy');
  if (name === 'autoencoder1d') {
    const outputs = sizeOf(input);
    const layers = presetLayers(name, size, outputs, input);
    return resolveModel(input, layers, outputs, 'mean-squared-error', { kind: 'input' });
  }
  return resolveModel(input, presetLayers(name, size, classes, input), classes, 'softmax-cross-entropy');
}

/** Two convolutions and a dense layer over a square picture, as a list of layers that a user would write. */
function digits([pixels = 0, channels = 0]: Shape, classes: number): LayerSpec[] {
  const side = Math.round(Math.sqrt(pixels));
  const conv = (filters: number): LayerSpec => ({ type: 'conv2d', filters, kernel: 3, padding: 'same' });
  const [relu, pool]: LayerSpec[] = [{ type: 'relu' }, { type: 'maxpool2d', size: 2 }];
  return [
    { type: 'reshape', shape: [side, side, channels] },
    ...[conv(8), relu!, pool!, conv(16), relu!, pool!],
    { type: 'flatten' },
    { type: 'dense', units: classes },
  ];
}
