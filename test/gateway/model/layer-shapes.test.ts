import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type LayerSpec, resolveModel, type Shape } from '../../../gateway/model';
import { layerSchema } from '../../../gateway/model/layers';
import { layerCases } from '../../support/engine/layers';
import { randomModel } from '../../support/engine/random-model';

const layer = (spec: object): LayerSpec => layerSchema.parse(spec);
/** Shapes after each of some layers; the last one stands for the task's wish. */
function shapesOf(input: Shape, ...specs: object[]): (readonly number[])[] {
  const layers = specs.map(layer);
  const flat = [...layers, layer({ type: 'flatten' }), layer({ type: 'dense', units: 1 })];
  return resolveModel(input, flat, 1, 'huber', { kind: 'following', rows: 1, channels: [0] })
    .shapes.slice(0, specs.length)
    .map((shape) => [...shape]);
}

describe('Shapes of layers', () => {
  for (const [type, { shapes }] of Object.entries(layerCases)) {
    for (const [title, input, settings, output] of shapes) {
      it(`follow for ${title} (${type})`, () =>
        assert.deepEqual(shapesOf(input, { type, ...settings }), [[...output]]));
    }
  }

  const wrong: [title: string, input: Shape, specs: object[], message: RegExp][] = [
    [
      'a dense layer on rows',
      [9, 2],
      [{ type: 'dense', units: 2 }],
      /layer 0 \(dense\) got \[9,2\], expected \[features\]: put flatten or global average pooling before it/,
    ],
    [
      'a picture that is none',
      [9, 2],
      [{ type: 'relu' }, { type: 'conv2d', filters: 2, kernel: 3 }],
      /layer 1 \(conv2d\) got \[9,2\], expected \[height, width, channels\]: put reshape before it/,
    ],
    [
      'rows that are none',
      [9, 2],
      [{ type: 'flatten' }, { type: 'gru', units: 2 }],
      /layer 1 \(gru\) got \[18\], expected \[length, channels\]/,
    ],
    [
      'a branch that nobody waits for',
      [9, 2],
      [
        { type: 'relu', name: 'lost' },
        { type: 'branch', from: 'input' },
      ],
      /layer 1 \(branch\): no later layer takes what "lost" before it gives, expected an add or concat with it/,
    ],
    [
      'a branch from a later layer',
      [9, 2],
      [
        { type: 'branch', from: 'a' },
        { type: 'relu', name: 'a' },
      ],
      /layer 0 \(branch\): from is "a", expected a layer before it: input/,
    ],
    [
      'channels of rows of another number',
      [9, 2],
      [{ type: 'maxpool1d' }, { type: 'concat', with: 'input' }],
      /layer 1 \(concat\) got \[4,2\], expected \[9,channels\], as "input" has/,
    ],
    [
      'a kernel longer than its rows',
      [4, 2],
      [{ type: 'conv1d', filters: 2, kernel: 5, padding: 'valid' }],
      /layer 0 \(conv1d\) got \[4,2\], expected a length of at least 5/,
    ],
    [
      'a window wider than its picture',
      [4, 3, 2],
      [{ type: 'maxpool2d', size: [2, 4] }],
      /layer 0 \(maxpool2d\) got \[4,3,2\], expected a width of at least 4/,
    ],
    [
      'a shape of another size',
      [4, 3],
      [{ type: 'reshape', shape: [5, 2] }],
      /layer 0 \(reshape\) got \[4,3\], expected as many values as \[5,2\] has/,
    ],
    [
      'two shapes that are to be added',
      [4, 3],
      [
        { type: 'conv1d', name: 'a', filters: 5, kernel: 1 },
        { type: 'maxpool1d' },
        { type: 'add', with: 'a' },
      ],
      /layer 2 \(add\) got \[2,5\], expected \[4,5\], the shape of "a"/,
    ],
    [
      'an addition of what comes later',
      [4, 3],
      [
        { type: 'add', with: 'later' },
        { type: 'relu', name: 'later' },
      ],
      /layer 0 \(add\): with is "later", expected a layer before it: input/,
    ],
    [
      'an addition of nothing known',
      [4, 3],
      [{ type: 'relu' }, { type: 'tanh', name: 'own' }, { type: 'add', with: 'nobody' }],
      /layer 2 \(add\): with is "nobody", expected a layer before it: input, relu, own/,
    ],
    [
      'an addition of itself',
      [4, 3],
      [{ type: 'add', name: 'me', with: 'me' }],
      /layer 0 \(add\): with is "me"/,
    ],
    [
      'a name that is taken',
      [4, 3],
      [
        { type: 'relu', name: 'a' },
        { type: 'tanh', name: 'a' },
      ],
      /layer 1 \(tanh\): the name "a" is taken/,
    ],
    [
      'a name that another layer has by default',
      [4, 3],
      [{ type: 'relu' }, { type: 'tanh', name: 'relu' }],
      /layer 1 \(tanh\): the name "relu" is taken/,
    ],
    [
      'the name of the input',
      [4, 3],
      [{ type: 'relu', name: 'input' }],
      /layer 0 \(relu\): the name "input" is taken/,
    ],
  ];
  for (const [title, input, specs, message] of wrong) {
    it(`are refused for ${title}, with the layer and the shapes named`, () => {
      assert.throws(() => shapesOf(input, ...specs), { code: 'model-invalid', message });
    });
  }

  it('have names like those of Keras where they have none of their own, and know what is added', () => {
    const layers = [
      { type: 'conv1d', filters: 3, kernel: 1 },
      { type: 'relu', name: 'mine' },
      { type: 'conv1d', filters: 3, kernel: 1 },
      { type: 'add', with: 'conv1d' },
      { type: 'add', with: 'input' },
    ].map(layer);
    const model = resolveModel([4, 3], layers, 12, 'huber', { kind: 'input' });
    assert.deepEqual(model.names, ['conv1d', 'mine', 'conv1d_1', 'add', 'add_1']);
    assert.deepEqual(model.seconds, { 3: 0, 4: -1 });
  });

  it('survive JSON with the model: it comes back as it went', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (seed) => {
        const model = randomModel(seed);
        assert.deepStrictEqual(JSON.parse(JSON.stringify(model)), model);
      }),
    );
  });

  it('of random models are whole, above zero, and what an added layer has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (seed) => {
        const { shapes, seconds, input, names, layers } = randomModel(seed);
        for (const shape of shapes)
          assert.ok(shape.every((length) => Number.isInteger(length) && length > 0));
        for (const [add, second] of Object.entries(seconds))
          if (layers[Number(add)]?.type === 'add')
            assert.deepEqual(shapes[Number(add)], second < 0 ? input : shapes[second]);
        assert.equal(new Set(names).size, layers.length);
      }),
      { numRuns: 50 },
    );
  });
});
