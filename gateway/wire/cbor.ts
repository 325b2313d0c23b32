import { writeCbor } from './cbor-writer';

interface Codec {
  readonly Decoder: new (options: object) => { decode(bytes: Uint8Array): unknown };
  readonly addExtension: (extension: { tag: number; decode: (bytes: Uint8Array) => unknown }) => void;
}
// The build without `eval`, which also never loads the optional native extractor. It is CommonJS, but its types say
// ES module, so it is typed here.
const { Decoder, addExtension }: Codec = require('cbor-x/index-no-eval');

// Plain CBOR: no records, no shared structures, no BigInt.
const decoder = new Decoder({
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  copyBuffers: true,
  int64AsNumber: true,
});

// Byte strings are copies already. The decoder's own way with typed arrays would copy them once more.
addExtension({
  tag: 72,
  decode: ({ buffer, byteOffset, length }) => new Int8Array(buffer, byteOffset, length),
});
addExtension({
  tag: 85,
  decode: ({ buffer, byteOffset, length }) => new Float32Array(buffer, byteOffset, length / 4),
});

/** One CBOR item. The bytes are a copy of their own. Fields that are undefined are left out. */
export function encodeCbor(
  value: Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>,
): Uint8Array {
  return writeCbor(value);
}

/**
 * Decodes bytes that `structureFault` has passed; byte strings and typed arrays are copies. Keys of maps that are numbers become
 * text.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  // The decoder leaves a property on what it is given: give it a view of its own.
  return decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
