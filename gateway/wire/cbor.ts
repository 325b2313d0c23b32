interface Codec {
  readonly Encoder: new (
    options: object,
  ) => {
    encode(value: unknown): Uint8Array;
    /** The next value is encoded into this memory, or into larger memory of the encoder's own. */
    useBuffer(memory: Buffer): void;
  };
  readonly Decoder: new (options: object) => { decode(bytes: Uint8Array): unknown };
  readonly addExtension: (extension: { tag: number; decode: (bytes: Uint8Array) => unknown }) => void;
}
// The build without `eval`, which also never loads the optional native extractor. It is CommonJS, but its types say
// ES module, so it is typed here.
const { Encoder, Decoder, addExtension }: Codec = require('cbor-x/index-no-eval');

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

// Byte strings are copies already. The decoder's own way with typed arrays would copy them once more.
addExtension({
  tag: 72,
  decode: ({ buffer, byteOffset, length }) => new Int8Array(buffer, byteOffset, length),
});
addExtension({
  tag: 85,
  decode: ({ buffer, byteOffset, length }) => new Float32Array(buffer, byteOffset, length / 4),
});

/** Memory that stays for the next message; one that needs more takes it for itself. */
const mostMemory = 256 * 1024;
/** Memory to encode in: without it the encoder allocates five times the length of each message of more than 8 kB. */
let memory: Buffer = Buffer.alloc(16 * 1024);

/** One CBOR item. The bytes are a copy of their own. Fields that are undefined are left out at the top level. */
export function encodeCbor(value: Readonly<Record<string, unknown>>): Uint8Array {
  const present: Record<string, unknown> = {};
  for (const key of Object.keys(value)) if (value[key] !== undefined) present[key] = value[key];
  encoder.useBuffer(memory);
  const encoded = encoder.encode(present);
  const { buffer } = encoded;
  if (buffer !== memory.buffer && buffer.byteLength <= mostMemory) memory = Buffer.from(buffer);
  return new Uint8Array(encoded);
}

/** Decodes bytes that `structureFault` has passed; byte strings and typed arrays are copies. */
export function decodeCbor(bytes: Uint8Array): unknown {
  // The decoder leaves a property on what it is given: give it a view of its own.
  return decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
