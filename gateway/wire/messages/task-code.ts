import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { messageOf } from '../../platform';

/** Bytes of the JSON of a task, at most. */
const maxTaskBytes = 1024 * 1024;
/** Objects and arrays inside each other, at most: a few hundred bytes unpack to a million brackets. */
const maxTaskDepth = 8;

/**
 * Text in which most of a task's JSON is found: the preset dictionary of the compression, which docs/protocol.md shows. It is a
 * part of the protocol, and does not follow the defaults of a task.
 */
export const taskDictionary =
  '{"name":"","kind":"classification","input":{"channels":[{"name":"acc_x","unit":"g","centre":0.5,"spread":1},{"name":"acc_y","unit":"g","centre":-0.5,"spread":1},{"name":"gyro_z","unit":"rad/s"}],"rateHz":50,"length":128,"hop":64,"normalisation":"channel"},"labels":["standing","walking"],"model":{"preset":"cnn1d","size":"S"},"seed":1,"training":{"loss":"auto","batchSize":32,"epochs":2,"round":{"kind":"epochs"},"learningRate":0.01,"optimiser":{"kind":"sgd","momentum":0.9},"frozen":"int8","minSamples":16,"maxSamplesPerRound":512},"selection":{"strategy":"magnitude","measureSamples":512},"aggregation":{"rule":{"kind":"ftte"},"participation":{"kind":"granted","concurrency":"auto","timeoutMs":600000},"bufferSize":"auto","maxWaitMs":60000,"sampleExponent":1,"steps":"auto","age":{"kind":"polynomial","alpha":0.5},"variance":"gradient","damping":0.5,"coverage":"proportional","maxAge":50,"maxNorm":1000,"server":{"kind":"sgd","learningRate":"auto","momentum":0},"averageVersions":10},"encoding":{"update":"auto","patch":"auto","catchUp":"auto"}}';

const dictionary = Buffer.from(taskDictionary);

/** The JSON of a task, compressed (RFC 1951) with the dictionary. */
export function encodeTask(task: unknown): Uint8Array {
  return new Uint8Array(deflateRawSync(JSON.stringify(task), { dictionary, level: 9 }));
}

/** The JSON value in the bytes, not checked yet. @throws Error saying what is wrong, for a person */
export function decodeTask(bytes: Uint8Array): unknown {
  try {
    const json = inflateRawSync(bytes, { dictionary, maxOutputLength: maxTaskBytes });
    if (isDeeper(json, maxTaskDepth)) throw new Error(`it is deeper than ${maxTaskDepth}`);
    return JSON.parse(json.toString());
  } catch (error) {
    throw new Error(`expected compressed JSON of at most ${maxTaskBytes} bytes: ${messageOf(error)}`);
  }
}

const [quote, backslash] = [0x22, 0x5c];
/** `[`, `{`, and `]`, `}`. */
const [opening, closing]: readonly [ReadonlySet<number>, ReadonlySet<number>] = [
  new Set([0x5b, 0x7b]),
  new Set([0x5d, 0x7d]),
];

/** Whether objects and arrays of JSON are nested deeper. Of bytes that are no JSON it may say anything. */
function isDeeper(json: Uint8Array, most: number): boolean {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i] ?? 0;
    if (isText && byte === backslash) i++;
    else if (byte === quote) isText = !isText;
    else if (isText) continue;
    else if (opening.has(byte) && ++depth > most) return true;
    else if (closing.has(byte)) depth--;
  }
  return false;
}
