import {
  type LayerOf,
  type LayerSpec,
  type ModelSpec,
  resolveModel,
  type Shape,
} from '../../../gateway/model';

const relu: LayerSpec = { type: 'relu' };
const relu6: LayerSpec = { type: 'relu6' };
const tanh: LayerSpec = { type: 'tanh' };
const sigmoid: LayerSpec = { type: 'sigmoid' };
const flatten: LayerSpec = { type: 'flatten' };
const average: LayerSpec = { type: 'globalaveragepool1d' };
const norm: LayerSpec = { type: 'batchnorm', epsilon: 0.001 };
const rowNorm: LayerSpec = { type: 'layernorm', epsilon: 0.001 };
const groupNorm = (groups: number): LayerSpec => ({ type: 'groupnorm', groups, epsilon: 0.001 });
const leaky: LayerSpec = { type: 'leakyrelu', slope: 0.25 };
const elu: LayerSpec = { type: 'elu', alpha: 0.75 };
const zeros = (before: number, after: number): LayerSpec => ({ type: 'zeropadding1d', before, after });
const dense = (units: number): LayerSpec => ({ type: 'dense', units });
const add = (other: string): LayerSpec => ({ type: 'add', with: other });
const concat = (other: string, after?: true): LayerSpec => ({
  type: 'concat',
  with: other,
  ...(after ? { after } : {}),
});
const branch = (from: string): LayerSpec => ({ type: 'branch', from });
const features = (settings: Omit<LayerOf<'features'>, 'type' | 'from' | 'name'>): LayerSpec => ({
  type: 'features',
  from: 'input',
  ...settings,
});
const named = (name: string, spec: LayerSpec): LayerSpec => ({ ...spec, name });
const picture = (...shape: number[]): LayerSpec => ({ type: 'reshape', shape });
const conv = (filters: number, kernel: number): LayerSpec => ({
  type: 'conv1d',
  filters,
  kernel,
  padding: 'same',
});

const model = (input: Shape, layers: LayerSpec[], outputs: number): ModelSpec =>
  resolveModel(input, layers, outputs, 'softmax-cross-entropy');

const gru = (units: number): LayerSpec => ({ type: 'gru', units });
const gruSequence = (units: number): LayerSpec => ({ type: 'gru', units, sequences: true });

const lstm = (units: number): LayerSpec => ({ type: 'lstm', units });
const lstmSequence = (units: number): LayerSpec => ({ type: 'lstm', units, sequences: true });

/** Recurrent units in all their places, at sizes that fit no tile. */
export const recurrentModels: readonly (readonly [name: string, model: ModelSpec])[] = [
  ['a recurrent unit', model([6, 3], [gru(5), dense(3)], 3)],
  ['a recurrent unit of a tile', model([5, 4], [gru(8), dense(3)], 3)],
  ['a recurrent unit over one row', model([1, 4], [gru(3), dense(3)], 3)],
  [
    'recurrent units on one another, with an activation in place between them',
    model([6, 2], [gruSequence(4), relu, gru(3), tanh, dense(3)], 3),
  ],
  [
    'a recurrent unit after a convolution and before one',
    model([7, 2], [conv(3, 3), relu, gruSequence(6), conv(4, 5), relu, average, dense(3)], 3),
  ],
  [
    'a residual connection around a recurrent unit',
    model([6, 3], [named('a', conv(5, 1)), gruSequence(5), add('a'), gruSequence(2), flatten, dense(3)], 3),
  ],
  ['a memory', model([6, 3], [lstm(5), dense(3)], 3)],
  ['a memory of a tile', model([5, 4], [lstm(8), dense(3)], 3)],
  ['a memory over one row', model([1, 4], [lstm(3), dense(3)], 3)],
  [
    'memories on one another, with an activation in place between them',
    model([6, 2], [lstmSequence(4), relu, lstm(5), tanh, dense(3)], 3),
  ],
  [
    'a memory whose gates open along a line',
    model([6, 2], [{ type: 'lstm', units: 5, gates: 'hard-sigmoid' }, dense(3)], 3),
  ],
  [
    'a memory after a convolution and before one',
    model([7, 2], [conv(3, 3), relu, lstmSequence(6), conv(4, 5), relu, average, dense(3)], 3),
  ],
  [
    'a residual connection around a memory',
    model([6, 3], [named('a', conv(5, 1)), lstmSequence(5), add('a'), lstmSequence(2), flatten, dense(3)], 3),
  ],
  [
    'a recurrent unit that rebuilds its input',
    resolveModel([5, 3], [gruSequence(4), gruSequence(3)], 15, 'mean-squared-error', { kind: 'input' }),
  ],
];

/** Models that together have every layer without a product, alone and side by side, in place and where that is barred. */
export const layerModels: readonly (readonly [name: string, model: ModelSpec])[] = [
  ['a ReLU to six', model([9, 3], [conv(5, 3), relu6, flatten, dense(4)], 4)],
  [
    'tanh and sigmoid, each before a layer that works in place',
    model([7, 3], [conv(5, 3), tanh, relu, conv(6, 3), sigmoid, relu6, average, dense(3), tanh], 3),
  ],
  [
    'an autoencoder that ends in a tanh',
    resolveModel([6, 2], [flatten, dense(5), sigmoid, dense(12), tanh], 12, 'mean-squared-error', {
      kind: 'input',
    }),
  ],
  [
    'an activation of the input that is to be rebuilt',
    resolveModel([6, 2], [relu, conv(2, 3)], 12, 'mean-squared-error', { kind: 'input' }),
  ],
  [
    'rectifiers that leak and that curve, each before a layer that works in place',
    model([7, 3], [conv(5, 3), leaky, relu, conv(6, 3), elu, leaky, average, dense(3), elu], 3),
  ],
  [
    'rows normalised by themselves, at all their places',
    model(
      [9, 3],
      [rowNorm, conv(5, 3), rowNorm, relu, conv(4, 3), elu, rowNorm, average, rowNorm, dense(3)],
      3,
    ),
  ],
  [
    'normalisations of groups, after convolutions, an ELU and in place',
    model(
      [9, 4],
      [
        groupNorm(2),
        conv(6, 3),
        groupNorm(3),
        relu,
        conv(4, 3),
        elu,
        groupNorm(1),
        average,
        groupNorm(2),
        dense(3),
      ],
      3,
    ),
  ],
  [
    'a residual connection around a normalisation of groups',
    model([9, 5], [named('a', conv(4, 3)), groupNorm(2), add('a'), groupNorm(4), relu, average, dense(3)], 3),
  ],
  [
    'a residual connection around a normalisation of rows',
    model([9, 5], [named('a', conv(4, 3)), rowNorm, add('a'), rowNorm, relu, average, dense(3)], 3),
  ],
  [
    'the largest of a length, after a ReLU and without one',
    model([9, 3], [conv(5, 3), relu, { type: 'globalmaxpool1d' }, dense(3)], 3),
  ],
  [
    'the largest of a picture',
    model([30, 3], [conv(6, 3), picture(5, 6, 6), { type: 'globalmaxpool2d' }, dense(4)], 4),
  ],
  [
    'rows of zeros before convolutions with and without padding',
    model(
      [9, 3],
      [
        zeros(2, 0),
        conv(5, 3),
        relu,
        zeros(1, 2),
        { type: 'conv1d', filters: 4, kernel: 3, padding: 'valid' },
        zeros(0, 1),
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'averages of windows, and rows repeated',
    model(
      [11, 3],
      [
        conv(5, 3),
        { type: 'averagepool1d', size: 3 },
        relu,
        { type: 'upsampling1d', size: 2 },
        conv(4, 3),
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'an autoencoder that pools and repeats',
    resolveModel(
      [8, 2],
      [conv(5, 3), relu, { type: 'maxpool1d', size: 2 }, { type: 'upsampling1d', size: 2 }, conv(2, 3)],
      16,
      'huber',
      { kind: 'input' },
    ),
  ],
  [
    'pictures pooled by their largest, after a ReLU and without one',
    model(
      [35, 3],
      [
        conv(5, 3),
        picture(5, 7, 5),
        relu,
        { type: 'maxpool2d', size: [2, 3] },
        { type: 'maxpool2d', size: [1, 2] },
        flatten,
        dense(4),
      ],
      4,
    ),
  ],
  [
    'pictures of eight channels pooled by their largest',
    model(
      [24, 2],
      [conv(8, 3), relu, picture(4, 6, 8), { type: 'maxpool2d', size: 2 }, flatten, dense(3)],
      3,
    ),
  ],
  [
    'windows of rows that overlap and that leave gaps, after a ReLU and without one',
    model(
      [13, 3],
      [
        conv(5, 3),
        relu,
        { type: 'maxpool1d', size: 3, stride: 2 },
        { type: 'averagepool1d', size: 3, stride: 1, padding: 'same' },
        conv(4, 3),
        { type: 'maxpool1d', size: 4, padding: 'same' },
        { type: 'averagepool1d', size: 1, stride: 2 },
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'windows of pictures that overlap',
    model(
      [35, 3],
      [
        conv(5, 3),
        picture(5, 7, 5),
        relu,
        { type: 'maxpool2d', size: 3, stride: [2, 1], padding: 'same' },
        { type: 'averagepool2d', size: [2, 3], stride: [1, 2], padding: 'same' },
        flatten,
        dense(8),
      ],
      8,
    ),
  ],
  [
    'pictures averaged',
    model(
      [30, 3],
      [
        conv(6, 3),
        picture(5, 6, 6),
        { type: 'averagepool2d', size: [2, 4] },
        relu,
        { type: 'globalaveragepool2d' },
        dense(4),
      ],
      4,
    ),
  ],
  [
    'a normalisation between convolutions',
    model([9, 3], [conv(5, 3), norm, relu, conv(4, 3), norm, average, dense(3)], 3),
  ],
  ['a normalisation of the input', model([9, 3], [norm, conv(5, 3), relu, average, dense(3)], 3)],
  [
    'a residual connection around a convolution',
    model([9, 5], [named('a', conv(4, 3)), relu, conv(4, 3), relu, add('a'), relu, average, dense(3)], 3),
  ],
  [
    'a residual connection from the input',
    model([9, 4], [conv(4, 3), relu, add('input'), average, dense(3)], 3),
  ],
  ['a value added to itself', model([9, 4], [named('a', conv(4, 3)), add('a'), relu, average, dense(3)], 3)],
  [
    'a value added three times',
    model([9, 4], [named('a', conv(4, 3)), add('a'), add('a'), add('a'), relu, average, dense(3)], 3),
  ],
  [
    'residual connections inside one another, with normalisations and activations in between',
    model(
      [8, 3],
      [
        named('a', conv(6, 3)),
        norm,
        named('b', relu6),
        conv(6, 3),
        norm,
        relu,
        add('b'),
        tanh,
        add('a'),
        named('c', relu),
        conv(6, 1),
        norm,
        add('c'),
        add('b'),
        average,
        dense(4),
      ],
      4,
    ),
  ],
  [
    'a residual connection past a pooling that takes a ReLU in',
    model(
      [8, 3],
      [
        conv(5, 3),
        named('r', relu),
        add('r'),
        named('s', relu),
        { type: 'maxpool1d', size: 2 },
        flatten,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'a ReLU before a pooling that someone else reads',
    model(
      [8, 3],
      [
        conv(5, 3),
        named('r', relu),
        { type: 'maxpool1d', size: 2 },
        { type: 'upsampling1d', size: 2 },
        add('r'),
        average,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'channels side by side with those of an earlier layer, before and behind',
    model(
      [9, 4],
      [
        named('a', conv(7, 3)),
        relu,
        conv(3, 3),
        concat('a'),
        conv(4, 3),
        relu,
        concat('input', true),
        average,
        dense(3),
      ],
      3,
    ),
  ],
  ['a value beside itself', model([9, 4], [named('a', conv(5, 3)), concat('a'), relu, average, dense(3)], 3)],
  [
    'features one after the other',
    model(
      [5, 3],
      [flatten, named('a', dense(7)), tanh, dense(4), concat('a'), concat('a', true), relu, dense(3)],
      3,
    ),
  ],
  [
    'branches from the input, joined',
    model(
      [9, 4],
      [
        conv(5, 3),
        named('a', relu),
        branch('input'),
        conv(3, 5),
        relu,
        named('b', norm),
        branch('input'),
        conv(2, 1),
        concat('b'),
        concat('a'),
        relu,
        average,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'a residual connection with a layer of its own',
    model(
      [9, 4],
      [
        named('a', conv(5, 3)),
        named('short', conv(6, 1)),
        branch('a'),
        relu,
        conv(6, 3),
        relu,
        conv(6, 3),
        add('short'),
        relu,
        average,
        dense(3),
      ],
      3,
    ),
  ],
  [
    'branches in branches, of which one is taken twice',
    model(
      [8, 3],
      [
        named('a', conv(4, 3)),
        named('b', relu6),
        branch('a'),
        elu,
        named('c', conv(4, 3)),
        branch('b'),
        conv(4, 5),
        named('d', add('c')),
        branch('d'),
        tanh,
        add('d'),
        add('c'),
        concat('b'),
        average,
        dense(3),
      ],
      3,
    ),
  ],
  ['features of a window', model([12, 3], [features({ magnitudes: [0] }), dense(3)], 3)],
  [
    'features with side inputs, normalised, before two layers',
    model([9, 4], [features({ side: 2 }), rowNorm, dense(5), relu, dense(3)], 3),
  ],
  [
    'features beside convolutions',
    model(
      [12, 3],
      [conv(5, 3), relu, named('seen', average), features({}), dense(4), tanh, concat('seen'), dense(3)],
      3,
    ),
  ],
  [
    'flat residual connections',
    model([5, 3], [flatten, named('a', dense(7)), relu, dense(7), sigmoid, add('a'), dense(4)], 4),
  ],
  [
    'a residual connection at the end',
    resolveModel([7, 3], [conv(3, 3), tanh, add('input')], 21, 'mean-squared-error', { kind: 'input' }),
  ],
];
