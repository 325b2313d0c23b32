import { isObject, messageOf } from '../../platform';
import type { JsonObject } from './json';
import { describeOtherFormat } from './other-formats';
import { notReadable } from './problems';

/** Longer is no model of a gateway. */
const maxTextBytes = 16 * 1024 * 1024;
const exampleOfConversion =
  'tensorflowjs_converter --input_format=keras --output_format=tfjs_layers_model model.h5 FOLDER';

/**
 * Reads a model.json: JSON with or without a byte order mark, in which Python may have written NaN and Infinity. Such a
 * number becomes a text, which whoever needs the setting refuses by its name.
 * @param source text, or bytes in UTF-8 or UTF-16 with a mark
 * @throws FtteError `model-invalid` saying what it is instead, and how that becomes a model.json
 */
export function parseModelJson(source: string | Uint8Array, name: string): JsonObject {
  if (source.length > maxTextBytes) {
    throw notReadable(`${name} has ${source.length} bytes, at most ${maxTextBytes} are read`);
  }
  const other = describeOtherFormat(source, name);
  if (other) throw notReadable(other);
  const value = parse(textOf(source), name);
  if (!isObject(value)) throw notReadable(`${name} holds no object, expected a TensorFlow.js LayersModel`);
  const problem = problemOf(value);
  if (problem) throw notReadable(`${name} ${problem}`);
  return value;
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    try {
      return JSON.parse(withoutPythonNumbers(text));
    } catch {
      throw notReadable(`${name} is not JSON: ${messageOf(error)}`, error);
    }
  }
}

/** Python's NaN and Infinity outside of texts, as texts. */
const withoutPythonNumbers = (text: string): string =>
  text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:Infinity|NaN)\b/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );

const byteOrderMark = '\ufeff';

function textOf(source: string | Uint8Array): string {
  const text = typeof source === 'string' ? source : decode(source);
  return text.startsWith(byteOrderMark) ? text.slice(1) : text;
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/** The fault of an object that is no LayersModel. */
function problemOf(value: JsonObject): string | undefined {
  if (value['format'] === 'graph-model') {
    return `is a frozen graph, whose layers are lost: convert the Keras model again with ${exampleOfConversion}`;
  }
  if (isObject(value['modelTopology']) && 'weightsManifest' in value) return undefined;
  if ('weightsManifest' in value) {
    return 'has weights and no modelTopology: the weights alone were saved; save and convert the whole model';
  }
  if ('class_name' in value && 'config' in value) {
    return `is the configuration of a Keras model without its weights: save it with model.save('model.h5'), and convert that with ${exampleOfConversion}`;
  }
  if ('input' in value && 'model' in value) {
    return 'is a task of this package, expected the model.json of a TensorFlow.js LayersModel';
  }
  return 'has no modelTopology and weightsManifest: it is no TensorFlow.js LayersModel';
}
