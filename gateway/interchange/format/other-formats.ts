/** The command that converts a Keras file. */
const converted = (file: string, input: string) =>
  `tensorflowjs_converter --input_format=${input} --output_format=tfjs_layers_model ${quoted(file)} FOLDER`;
/** A name as a shell takes it. */
const quoted = (name: string) => (/^[\w./-]+$/.test(name) ? name : JSON.stringify(name));

/** The way of a file that nothing converts directly: its Keras model. */
const fromKeras = converted('model.h5', 'keras');

/** Bytes at the start of a file from which its format follows. */
export const headBytes = 512;

/**
 * One sentence on a file that is no model.json: what it is, and how it becomes one. Undefined where it may be one.
 * @param head its first bytes; or a text that was made of them, in which a byte that is no UTF-8 is U+FFFD
 * @param name the file's name, which distinguishes formats with the same first bytes
 */
export function describeOtherFormat(head: Uint8Array | string, name: string): string | undefined {
  const text = typeof head === 'string' ? head.slice(0, headBytes) : latin1(head);
  const found = formats.find(({ is }) => is(text, name.toLowerCase()));
  return found && `${name} is ${found.what}: ${found.advice(name)}`;
}

/** The sentence on a folder, from the names of files in it. */
export function describeFolder(has: (name: string) => boolean, folder: string): string {
  if (has('saved_model.pb')) {
    return `${folder} is a TensorFlow SavedModel: convert it with ${converted(folder, 'keras_saved_model')} if Keras 2 saved it; an exported one has no layers, so save the Keras model as .h5 and use --input_format=keras`;
  }
  if (has('config.json') && has('model.weights.h5')) {
    return `${folder} is an unpacked .keras file: convert the file itself with ${converted('model.keras', 'keras_keras')}`;
  }
  return `${folder}: it is no file but a folder without a model.json`;
}

/** A format by its first bytes; by the file's name where these are shared. */
interface OtherFormat {
  readonly what: string;
  readonly is: (head: string, name: string) => boolean;
  readonly advice: (name: string) => string;
}

const thenImport = 'and import FOLDER/model.json';
const noConverter = `build the same layers in Keras, copy the weights, save it as model.h5, convert that with ${fromKeras}, ${thenImport}`;
/** Names of the files in an archive stand in it as they are. */
const isZip = (head: string) => head.startsWith('PK\x03\x04');

const formats: readonly OtherFormat[] = [
  {
    what: 'a Keras model in HDF5',
    is: (head) => head.startsWith('HDF\r\n\x1a\n', 1),
    advice: (name) => `convert it with ${converted(name, 'keras')}, ${thenImport}`,
  },
  {
    what: 'a Keras 3 model',
    is: (head, name) =>
      isZip(head) && (/metadata\.json|config\.json|model\.weights\.h5/.test(head) || name.endsWith('.keras')),
    advice: (name) => `convert it with ${converted(name, 'keras_keras')}, ${thenImport}`,
  },
  {
    what: 'a PyTorch model',
    is: (head, name) =>
      isZip(head)
        ? /(data|constants)\.pkl/.test(head) || /\.(pt|pth|ckpt|torchscript)$/.test(name)
        : isPickle(head),
    advice: () => `no converter reads its layers: ${noConverter}`,
  },
  {
    what: 'a ZIP archive',
    is: isZip,
    advice: () =>
      `unpack it and import the model.json; or if Keras 3 saved it, name it model.keras, convert it with ${converted('model.keras', 'keras_keras')}, ${thenImport}`,
  },
  {
    what: 'a parameters file of ftte import',
    is: (head) => head.startsWith('FTTEPF'),
    advice: () => 'ftte coordinate starts from it; expected the model.json that it was made of',
  },
  {
    what: 'a TensorFlow Lite model',
    is: (head) => head.startsWith('TFL3', 4),
    advice: () =>
      `its layers cannot be trained again: convert the Keras model that it was made of with ${fromKeras}, ${thenImport}`,
  },
  {
    what: 'a file of weights',
    is: (head, name) => name.endsWith('.bin') && isBinary(head),
    advice: () => 'give the model.json beside it, which names it',
  },
  {
    what: 'the graph of a TensorFlow SavedModel',
    is: (head, name) => name.endsWith('.pb') || head.startsWith('\x08\x01\x12'),
    advice: () =>
      `convert its folder with ${converted('SAVED_MODEL_FOLDER', 'keras_saved_model')}, ${thenImport}`,
  },
  {
    what: 'an ONNX model',
    is: (head, name) => name.endsWith('.onnx') || isOnnx(head),
    advice: () => `no converter reads its layers: ${noConverter}`,
  },
  {
    what: 'a binary file of an unknown kind',
    is: isBinary,
    advice: () =>
      `expected the model.json of a TensorFlow.js LayersModel; ${fromKeras} makes one of a Keras model`,
  },
];

/** Protocol 2 to 5 of Python's pickle, as torch.save wrote it before version 1.6. */
const isPickle = (head: string) =>
  ['\x80', replaced].includes(head.charAt(0)) && between(head.charCodeAt(1), 2, 5);

/** A message whose field 1, the version of ONNX, is a small number, and which goes on with another field. */
const isOnnx = (head: string) =>
  head.charCodeAt(0) === 8 && between(head.charCodeAt(1), 2, 32) && '\x12\x1a"2:B'.includes(head.charAt(2));

/** A byte that is no UTF-8, as a decoder writes it. */
const replaced = '\ufffd';
const between = (value: number, least: number, most: number) => value >= least && value <= most;

/** Whether there are characters that no text has. UTF-16 has many zeros, and a mark in front. */
function isBinary(head: string): boolean {
  if (head.startsWith('\xff\xfe')) return false;
  return Array.from(head).some((character) => {
    const code = character.charCodeAt(0);
    return code < 9 || between(code, 14, 31);
  });
}

const latin1 = (head: Uint8Array) => Buffer.from(head.subarray(0, headBytes)).toString('latin1');
