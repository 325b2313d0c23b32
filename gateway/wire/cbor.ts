interface Codec {
  readonly Encoder: new (options: object) => { encode(value: unknown): Uint8Array };
  readonly Decoder: new (options: object) => { decode(bytes: Uint8Array): unknown };
}
// The build without `eval`, which also never loads the optional native extractor. It is CommonJS, but its types say
// ES module, so it is typed here.
const { Encoder, Decoder }: Codec = require('cbor-x/index-no-eval');

// Plain CBOR: no records, no shared structures, byte strings without a tag, shortest map heads, no BigInt.
const options = {
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  tagUint8Array: false,
  copyBuffers: true,
  int64AsNumber: true,
};
const encoder = new Encoder(options);
const decoder = new Decoder(options);

/** One CBOR item. The bytes are a copy of their own. Fields that are undefined are left out at the top level. */
export function encodeCbor(value: Readonly<Record<string, unknown>>): Uint8Array {
  const present = Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
  return new Uint8Array(encoder.encode(present));
}

/** Decodes bytes that `structureFault` has passed; byte strings and typed arrays are copies. */
export function decodeCbor(bytes: Uint8Array): unknown {
  // The decoder leaves a property on what it is given: give it a view of its own.
  return decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
