import assert from 'node:assert/strict';
import { openLayersModel, readLayersModel } from '../../../gateway/interchange';
import { FtteError } from '../../../gateway/platform';
import { type SavedLayerSpec, type SavedModelFiles, savedChain } from '../../support/engine/saved-model';

const dense: SavedLayerSpec = {
  class_name: 'Dense',
  config: { units: 2, activation: 'softmax' },
  weights: { kernel: [3, 2], bias: [2] },
};
const pool: SavedLayerSpec = { class_name: 'GlobalAveragePooling1D' };

const read = ({ modelJson, shards }: SavedModelFiles) => readLayersModel(openLayersModel(modelJson), shards);

/** The message of the one error. */
function messageOf(files: SavedModelFiles): string {
  try {
    read(files);
  } catch (error) {
    assert.ok(error instanceof FtteError && error.code === 'model-invalid', String(error));
    return error.message;
  }
  return assert.fail('it was read');
}

type Changes = Parameters<typeof savedChain>[2];
const plain = (changes?: Changes) => savedChain([8, 3], [pool, dense], changes);
const preceded = (...layers: SavedLayerSpec[]) => savedChain([8, 3], [...layers, pool, dense]);

const manifest = (model: Record<string, unknown>) =>
  (model['weightsManifest'] as { paths: string[]; weights: Record<string, unknown>[] }[])[0]!;

describe('A saved model that cannot be imported', () => {
  it('is otherwise read', () => {
    assert.equal(read(plain()).parameters.length, 8);
  });

  it('is read if the model has the name of one of its layers', () => {
    const units = (name: string, inputs: number): SavedLayerSpec => ({
      class_name: 'Dense',
      config: { units: 2, name },
      weights: { kernel: [inputs, 2], bias: [2] },
    });
    const files = savedChain([3], [units('dense', 3), units('dense_1', 2)], (model) => {
      for (const weight of manifest(model).weights) weight['name'] = `dense/${weight['name']}`;
    });
    assert.equal(read(files).parameters.length, 14);
  });

  it('has everything that is wrong with it reported at once, with names, classes and what would do', () => {
    const text = messageOf(
      preceded(
        { class_name: 'Bidirectional', config: { name: 'memory' } },
        { class_name: 'PReLU', config: { name: 'leak', shared_axes: [1], alpha_initializer: 'zeros' } },
        { class_name: 'Conv1D', config: { name: 'groups', filters: 3, kernel_size: [3], groups: 3 } },
      ),
    );
    assert.match(text, /layer "memory" \(Bidirectional\) is not supported; supported are Dense, Conv1D/);
    assert.match(text, /layer "leak" \(PReLU\) is not supported; .*; it has \{"shared_axes":\[1\]\}/);
    assert.match(text, /layer "groups" \(Conv1D\) has groups 3, supported: 1/);
  });

  const conv = { filters: 3, kernel_size: [3] };

  it('names TensorFlow.js where it has built a causal convolution as if it had no padding', () => {
    const causal: SavedLayerSpec = {
      class_name: 'Conv1D',
      config: { ...conv, padding: 'causal' },
      weights: { kernel: [3, 3, 3], bias: [3] },
    };
    const head = (rows: number): SavedLayerSpec => ({
      ...dense,
      weights: { kernel: [3 * rows, 2], bias: [2] },
    });
    const flat: SavedLayerSpec = { class_name: 'Flatten' };
    assert.equal(read(savedChain([8, 3], [causal, flat, head(8)])).layers[0]?.type, 'conv1d');
    assert.match(
      messageOf(savedChain([8, 3], [causal, flat, head(6)])),
      /is \[18,2\], expected \[24,2\] for its layer; TensorFlow\.js builds a causal Conv1D as if it had no padding/,
    );
    assert.doesNotMatch(messageOf(savedChain([8, 3], [flat, head(6)])), /TensorFlow/);
  });

  const memory = { units: 2, activation: 'tanh', recurrent_activation: 'sigmoid', return_sequences: true };
  const layers: [string, SavedLayerSpec, RegExp][] = [
    [
      'an unknown padding',
      { class_name: 'Conv1D', config: { ...conv, padding: 'reflect' } },
      /padding "reflect", supported: "same", "valid", "causal"/,
    ],
    [
      'causal single channels',
      { class_name: 'SeparableConv1D', config: { ...conv, padding: 'causal' } },
      /padding "causal", supported: "same", "valid"/,
    ],
    [
      'a dilation beside a stride',
      { class_name: 'Conv1D', config: { ...conv, dilation_rate: [2], strides: [2] } },
      /expected a stride of 1 beside a dilation/,
    ],
    [
      'a kernel that its dilation makes too long',
      { class_name: 'Conv1D', config: { ...conv, dilation_rate: [4] } },
      /a length of at least 9/,
    ],
    [
      'channels first',
      { class_name: 'Conv1D', config: { ...conv, data_format: 'channels_first' } },
      /data_format "channels_first"/,
    ],
    ['groups', { class_name: 'Conv1D', config: { ...conv, groups: 3 } }, /groups 3, supported: 1/],
    [
      'an unknown activation',
      { class_name: 'Conv1D', config: { ...conv, activation: 'swish' } },
      /activation swish, supported: linear, relu/,
    ],
    [
      'softmax in the middle',
      { class_name: 'Activation', config: { activation: 'softmax' } },
      /softmax within the model/,
    ],
    [
      'windows of more taps than a byte counts',
      { class_name: 'MaxPooling1D', config: { pool_size: [255], strides: [2], padding: 'same' } },
      /expected at most 254 taps/,
    ],
    [
      'a GRU of the old kind',
      {
        class_name: 'GRU',
        config: {
          units: 2,
          reset_after: false,
          activation: 'tanh',
          recurrent_activation: 'sigmoid',
          return_sequences: true,
        },
      },
      /reset_after false, supported: true/,
    ],
    ['a ReLU up to four', { class_name: 'ReLU', config: { max_value: 4 } }, /max_value 4, supported: 6/],
    ['a threshold', { class_name: 'ReLU', config: { threshold: 1 } }, /threshold 1, supported: 0/],
    [
      'a leaky ReLU up to six',
      { class_name: 'ReLU', config: { negative_slope: 0.1, max_value: 6 } },
      /negative_slope 0.1 and max_value 6, supported: one of them/,
    ],
    ['a slope above one', { class_name: 'LeakyReLU', config: { negative_slope: 2 } }, /slope: /],
    [
      'a slope of no number',
      { class_name: 'LeakyReLU', config: { alpha: 'big' } },
      /alpha "big", expected a number/,
    ],
    ['softmax over the length', { class_name: 'Softmax', config: { axis: 1 } }, /axis 1, supported: -1, 2/],
    [
      'a normalisation over the length',
      { class_name: 'LayerNormalization', config: { axis: [1, 2] } },
      /axis \[1,2\], supported: -1, 2/,
    ],
    [
      'a memory of other functions',
      { class_name: 'LSTM', config: { ...memory, recurrent_activation: 'relu' } },
      /activations tanh and relu, supported: tanh and sigmoid or hard_sigmoid/,
    ],
    [
      'a memory that gives its state',
      { class_name: 'LSTM', config: { ...memory, return_state: true } },
      /return_state true, supported: false/,
    ],
    [
      'a memory that lasts from batch to batch',
      { class_name: 'LSTM', config: { ...memory, stateful: true } },
      /stateful true, supported: false/,
    ],
    [
      'zeros on the sides of a picture',
      {
        class_name: 'ZeroPadding2D',
        config: {
          padding: [
            [1, 1],
            [1, 1],
          ],
        },
      },
      /padding \[\[1,1\],\[1,1\]\], supported: along the length only/,
    ],
    [
      'a number of zeros that is none',
      { class_name: 'ZeroPadding1D', config: { padding: [1, -1] } },
      /padding \[1,-1\], supported: rows before and after/,
    ],
    ['another axis', { class_name: 'BatchNormalization', config: { axis: 1 } }, /axis 1, supported: -1, 2/],
    [
      'a kernel too long',
      { class_name: 'Conv1D', config: { filters: 3, kernel_size: [9], padding: 'valid' } },
      /a length of at least 9/,
    ],
    [
      'a size of no number',
      { class_name: 'Conv1D', config: { filters: 'many', kernel_size: [3] } },
      /filters "many", expected a whole number/,
    ],
    ['a dropout of everything', { class_name: 'Dropout', config: { rate: 1 } }, /rate: /],
  ];
  for (const [what, layer, text] of layers) {
    it(`names ${what}`, () => {
      const message = messageOf(preceded({ ...layer, config: { name: 'wrong', ...layer.config } }));
      assert.match(message, /layer "wrong"/);
      assert.match(message, text);
    });
  }

  const files: [string, SavedModelFiles, RegExp][] = [
    [
      'a weight of another shape',
      plain((model) => void Object.assign(manifest(model).weights[0]!, { shape: [2, 3] })),
      /layer_1\/kernel is \[2,3\], expected \[3,2\] for its layer/,
    ],
    [
      'a weight that is missing',
      plain((model) => void Object.assign(manifest(model).weights[1]!, { name: 'x/bias' })),
      /layer "layer_1" \(Dense\): the file has no weight layer_1\/bias/,
    ],
    [
      'a weight that two could be',
      plain((model) => void Object.assign(manifest(model).weights[1]!, { name: 'a/layer_1/kernel' })),
      /which of layer_1\/kernel, a\/layer_1\/kernel is its kernel/,
    ],
    [
      'integer weights',
      plain((model) => void Object.assign(manifest(model).weights[0]!, { dtype: 'int32' })),
      /is of int32, expected float32/,
    ],
    [
      'too few bytes',
      { ...plain(), shards: new Map([['w.bin', new Uint8Array(28)]]) },
      /have 28 bytes, expected 32 by the manifest/,
    ],
    [
      'numbers that are none',
      { ...plain(), shards: new Map([['w.bin', new Uint8Array(32).fill(0xff)]]) },
      /layer_1\/kernel\[0\] is NaN, expected finite/,
    ],
    ['a file that is missing', { ...plain(), shards: new Map() }, /the file w\.bin with weights is missing/],
    [
      'a way out of the folder',
      plain((model) => void manifest(model).paths.splice(0, 1, '../secret.bin')),
      /names the file "\.\.\/secret\.bin", expected the name of a file beside model\.json/,
    ],
    [
      'an absolute path',
      plain((model) => void manifest(model).paths.splice(0, 1, '/etc/passwd')),
      /names the file "\/etc\/passwd"/,
    ],
    [
      'more numbers than memory',
      plain((model) => void Object.assign(manifest(model).weights[0]!, { shape: [1e5, 1e5] })),
      /has 10000000002 numbers, at most/,
    ],
    [
      'one file of weights named a thousand times',
      plain((model) => void Object.assign(manifest(model), { paths: Array(1000).fill('w.bin') })),
      /together have 32000 bytes, expected 32 by the manifest/,
    ],
    [
      'layers of more parameters than memory',
      savedChain([65_536, 64], [{ class_name: 'Flatten' }, { class_name: 'Dense', config: { units: 4096 } }]),
      /its layers have 17179873280 parameters, at most/,
    ],
    ['no JSON', { ...plain(), modelJson: '{' }, /is not JSON/],
    [
      'a frozen graph',
      plain((model) => void Object.assign(model, { format: 'graph-model' })),
      /--output_format=tfjs_layers_model/,
    ],
    ['something else', { ...plain(), modelJson: '{"a": 1}' }, /no modelTopology/],
    ['an open length', savedChain([null, 3], [pool, dense]), /its input is \[open,3\]/],
    ['no layers', savedChain([8, 3], []), /it has no layers/],
  ];
  for (const [what, saved, text] of files) {
    it(`says what is wrong with ${what}`, () => assert.match(messageOf(saved), text));
  }

  const call = (...names: string[]) => [names.map((name) => [name, 0, 0, {}])];
  function functional(layers: [string, string, string[], Record<string, unknown>?][], outputs = 1) {
    return savedChain([4, 2], [], (model) => {
      const input = {
        class_name: 'InputLayer',
        name: 'in',
        config: { batch_shape: [null, 4, 2] },
        inbound_nodes: [],
      };
      const rest = layers.map(([name, class_name, from, config = {}]) => {
        return {
          class_name,
          name,
          config: { name, ...config },
          inbound_nodes: from.length > 0 ? call(...from) : [],
        };
      });
      const ends = layers.slice(-outputs).map(([name]) => [name, 0, 0]);
      const config = {
        name: 'graph',
        layers: [input, ...rest],
        input_layers: ['in', 0, 0],
        output_layers: ends,
      };
      model['modelTopology'] = { class_name: 'Functional', config };
    });
  }
  const relu = { activation: 'relu' };
  const relus = (name: string) => ({ class_name: 'Activation', config: { name, ...relu } });

  it('has more layers than one can take named, and more than a model has', () => {
    const many = Array<string>(65).fill('in');
    assert.match(messageOf(functional([['j', 'Add', many]])), /"j" \(Add\) takes 65 layers, at most 64/);
    const models = Array.from({ length: 3 }, (_, i) => ({
      class_name: 'Sequential',
      config: { name: `inner_${i}`, layers: Array.from({ length: 400 }, (_, j) => relus(`${i}_${j}`)) },
    }));
    assert.match(messageOf(preceded(...models)), /the model has 1202 layers, at most 1000/);
  });

  it('has joins other than Add and Concatenate, loops and second outputs named', () => {
    assert.match(
      messageOf(
        functional([
          ['a', 'Activation', ['in'], relu],
          ['j', 'Multiply', ['a', 'in']],
        ]),
      ),
      /"j" \(Multiply\) takes 2 layers; supported for Add and Concatenate only/,
    );
    assert.match(
      messageOf(
        functional([
          ['a', 'Activation', ['in'], relu],
          ['j', 'Concatenate', ['a', 'in'], { axis: 1 }],
        ]),
      ),
      /"j" \(Concatenate\) has axis 1, supported: -1, 2/,
    );
    assert.match(
      messageOf(
        functional([
          ['a', 'Activation', ['b'], relu],
          ['b', 'Activation', ['a'], relu],
        ]),
      ),
      /is not between/,
    );
    assert.match(
      messageOf(
        functional(
          [
            ['a', 'Activation', ['in'], relu],
            ['b', 'Activation', ['a'], relu],
          ],
          2,
        ),
      ),
      /2 outputs, expected one/,
    );
  });
});
