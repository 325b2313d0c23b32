import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openLayersModel, readModelFile } from '../../../gateway/interchange';
import { FtteError } from '../../../gateway/platform';
import { savedChain } from '../../support/engine/saved-model';

const dense = { class_name: 'Dense', config: { units: 2 }, weights: { kernel: [3, 2], bias: [2] } };
const { modelJson, shards } = savedChain([3], [dense]);
const weights = shards.get('w.bin')!;

const zip = (entry: string) => {
  const header = Buffer.alloc(30);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt32LE(0xfedcba98, 14);
  header.writeUInt16LE(entry.length, 26);
  return Buffer.concat([header, Buffer.from(entry), Buffer.alloc(40, 0xee)]);
};
const bytes = (...values: (number | string)[]) =>
  Buffer.concat(
    values.map((value) => (typeof value === 'number' ? Buffer.from([value]) : Buffer.from(value, 'latin1'))),
  );
const junk = '\x00\xff\x80\x01';

const convert = (input: string, file: string) =>
  `tensorflowjs_converter --input_format=${input} --output_format=tfjs_layers_model ${file} FOLDER`;

/** The file's name, its bytes, what it is, and the command in the advice. */
const others: [string, Buffer, RegExp, string][] = [
  ['m.h5', bytes(0x89, 'HDF\r\n\x1a\n', junk), /m\.h5 is a Keras model in HDF5/, convert('keras', 'm.h5')],
  ['m.hdf5', bytes(0x89, 'HDF\r\n\x1a\n', junk), /is a Keras model in HDF5/, convert('keras', 'm.hdf5')],
  [
    'a b.json',
    bytes(0x89, 'HDF\r\n\x1a\n', junk),
    /is a Keras model in HDF5/,
    convert('keras', '"a b.json"'),
  ],
  ['m.keras', bytes('PK\x03\x04'), /is a Keras 3 model/, convert('keras_keras', 'm.keras')],
  ['m.zip', zip('metadata.json'), /is a Keras 3 model/, convert('keras_keras', 'm.zip')],
  ['m.keras', zip('archive/data.pkl'), /is a Keras 3 model/, convert('keras_keras', 'm.keras')],
  ['m.pt', bytes('PK\x03\x04'), /is a PyTorch model/, convert('keras', 'model.h5')],
  ['weights.bin', zip('archive/data.pkl'), /is a PyTorch model/, convert('keras', 'model.h5')],
  ['m.pth', bytes(0x80, 2, 0x8a, junk), /is a PyTorch model/, convert('keras', 'model.h5')],
  ['m.zip', zip('readme.txt'), /is a ZIP archive/, convert('keras_keras', 'model.keras')],
  [
    'm.tflite',
    bytes(0x1c, 0, 0, 0, 'TFL3', junk),
    /is a TensorFlow Lite model/,
    convert('keras', 'model.h5'),
  ],
  ['m.onnx', bytes(8, 8, 18, 7, 'pytorch'), /is an ONNX model/, convert('keras', 'model.h5')],
  ['m.json', bytes(8, 7, 0x12, 7, 'skl2onnx'), /is an ONNX model/, convert('keras', 'model.h5')],
  [
    'saved_model.pb',
    bytes(8, 1, 0x12, 0xff, 1),
    /is the graph of a TensorFlow SavedModel/,
    'keras_saved_model',
  ],
  ['group1-shard1of1.bin', Buffer.from(weights), /is a file of weights: give the model\.json/, ''],
  ['m.dat', bytes(1, 2, 3, junk), /is a binary file of an unknown kind/, convert('keras', 'model.h5')],
  ['t.parameters', bytes('FTTEPF01', junk), /is a parameters file of ftte import/, ''],
];

const graph = { format: 'graph-model', modelTopology: { node: [] }, weightsManifest: [] };
const json: [string, unknown, RegExp][] = [
  ['a frozen graph', graph, /is a frozen graph, .* --output_format=tfjs_layers_model model\.h5 FOLDER/],
  [
    'a configuration of Keras',
    { class_name: 'Sequential', config: {} },
    /without its weights: .*tensorflowjs_converter/,
  ],
  ['weights alone', { modelTopology: null, weightsManifest: [] }, /has weights and no modelTopology/],
  ['a task', { name: 'a', input: {}, model: {} }, /is a task of this package/],
  ['something else', { a: 1 }, /has no modelTopology and weightsManifest/],
  ['a list', [1], /holds no object/],
  ['a number', 3, /holds no object/],
];

/** The message of the one error. */
async function messageOf(read: () => unknown): Promise<string> {
  try {
    await read();
  } catch (error) {
    assert.ok(error instanceof FtteError && error.code === 'model-invalid', String(error));
    return error.message;
  }
  return assert.fail('it was read');
}

describe('A file that is given as a model', () => {
  let folder: string;
  const put = (name: string, data: string | Uint8Array) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, data);
    return path;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const [name, data, what, command] of others) {
    it(`is named with what converts it: ${name}, ${what.source}`, async () => {
      // From a file, and as the text that a browser makes of it.
      const asText = new TextDecoder().decode(data);
      for (const read of [() => readModelFile(put(name, data)), () => openLayersModel(asText, name)]) {
        const message = await messageOf(read);
        assert.match(message, what);
        assert.ok(message.includes(command), message);
        assert.ok(!message.includes('\n'), message);
      }
    });
  }

  for (const [what, value, text] of json)
    it(`is named if it is JSON of another kind: ${what}`, async () => {
      assert.match(await messageOf(() => readModelFile(put('m.json', JSON.stringify(value)))), text);
    });

  it('is not JSON where it is cut off or empty', async () => {
    for (const text of ['', '{', modelJson.slice(0, -5)])
      assert.match(await messageOf(() => readModelFile(put('m.json', text))), /m\.json is not JSON/);
  });

  const folders: [string, string[], RegExp][] = [
    [
      'a SavedModel',
      ['saved_model.pb', 'variables/variables.index'],
      /is a TensorFlow SavedModel: .*keras_saved_model/,
    ],
    [
      'an unpacked .keras file',
      ['config.json', 'model.weights.h5'],
      /unpacked .keras file: .*keras_keras .* model\.keras FOLDER/,
    ],
    ['neither', ['a.txt'], /no file but a folder without a model\.json/],
  ];
  for (const [what, names, text] of folders)
    it(`is named if it is a folder with ${what}`, async () => {
      for (const name of names) put(`in/${name}`, 'x');
      assert.match(await messageOf(() => readModelFile(join(folder, 'in'))), text);
    });

  it('may be the folder of a model.json', async () => {
    put('model.json', modelJson);
    put('w.bin', weights);
    assert.equal((await readModelFile(folder)).parameters.length, 8);
  });

  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(modelJson, 'utf16le')]);
  const readable: [string, string | Buffer][] = [
    ['a byte order mark', `\ufeff${modelJson}`],
    ['UTF-16', utf16],
    ['white space around it', `\n\n${modelJson}\n`],
    ["Python's NaN", modelJson.replace('"units":2', '"units":2,"a":NaN,"b":[-Infinity,Infinity]')],
    ['such words in texts', modelJson.replace('"units":2', '"units":2,"a":NaN,"b":"NaN \\" Infinity\\\\"')],
  ];
  for (const [what, text] of readable)
    it(`is read with ${what}`, async () => {
      put('w.bin', weights);
      assert.equal((await readModelFile(put('model.json', text))).parameters.length, 8);
    });

  it("is refused where Python's NaN stands in a setting that is needed", async () => {
    const text = modelJson.replace('"units":2', '"units":NaN');
    assert.match(
      await messageOf(() => readModelFile(put('m.json', text))),
      /has units "NaN", expected a whole number/,
    );
  });

  it('takes shards from folders below, and from nowhere else', async () => {
    put('shards/w.bin', weights);
    const at = (path: string) => put('model.json', modelJson.replace('"w.bin"', JSON.stringify(path)));
    assert.equal((await readModelFile(at('shards/w.bin'))).parameters.length, 8);
    for (const path of ['../w.bin', 'shards/../../w.bin', '/w.bin', 'shards//w.bin', './w.bin', 'a\\w.bin'])
      assert.match(await messageOf(() => readModelFile(at(path))), /names the file .*, expected the name/);
  });

  it('has every shard that is missing or cut off named, with the layers that are not supported', async () => {
    const model = JSON.parse(modelJson);
    const [group] = model.weightsManifest;
    const [kernel, bias] = group.weights;
    model.weightsManifest = [
      { paths: ['a.bin', 'b.bin'], weights: [kernel] },
      { paths: ['c.bin'], weights: [bias] },
    ];
    model.modelTopology.config.layers.push({ class_name: 'Lambda', config: { name: 'odd' } });
    put('c.bin', new Uint8Array(5));
    const message = await messageOf(() => readModelFile(put('model.json', JSON.stringify(model))));
    assert.match(message, /the file a\.bin with weights is missing: it belongs beside model\.json/);
    assert.match(message, /the file b\.bin with weights is missing/);
    assert.match(message, /c\.bin together have 5 bytes, expected 8 by the manifest: 3 are missing/);
    assert.match(message, /layer "odd" \(Lambda\) is not supported/);
  });

  it('may hold weights of other types that no layer takes', async () => {
    const model = JSON.parse(modelJson);
    model.weightsManifest[0].weights.push({ name: 'dropout/seed', shape: [2], dtype: 'int32' });
    put('w.bin', Buffer.concat([weights, Buffer.alloc(8)]));
    const { remarks } = await readModelFile(put('model.json', JSON.stringify(model)));
    assert.deepEqual(remarks, ['not a part of the layers, and left out: dropout/seed']);
  });

  it('may hold quantised weights', async () => {
    const read = async (dtype: string, data: Buffer, more: object = {}) => {
      const model = JSON.parse(modelJson);
      for (const weight of model.weightsManifest[0].weights) weight.quantization = { dtype, ...more };
      put('w.bin', data);
      return [...(await readModelFile(put('model.json', JSON.stringify(model)))).parameters];
    };
    const codes = [0, 1, 2, 3, 4, 5, 6, 200];
    const wanted = codes.map((code) => code * 0.5 - 1);
    const scaled = { scale: 0.5, min: -1 };
    assert.deepEqual(await read('uint8', Buffer.from(codes), scaled), wanted);
    assert.deepEqual(await read('uint16', Buffer.from(Uint16Array.from(codes).buffer), scaled), wanted);
    const halves = [0x3c00, 0xc000, 0x0001, 0, 0x3555, 0x7bff, 0x8000, 0x3800];
    const values = [1, -2, 2 ** -24, 0, 0.333251953125, 65504, -0, 0.5];
    assert.deepEqual(await read('float16', Buffer.from(Uint16Array.from(halves).buffer)), values);
  });
});
