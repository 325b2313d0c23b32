/** The messages of docs/protocol.md and their CBOR form. */
export { rememberEncoded } from './bodies';
export * from './drop';
export {
  asReceived,
  decodePart,
  decodeTensor,
  type EncodedTensor,
  encodeSteps,
  encodeValues,
  encodingOf,
  encodingOverModel,
  encodings,
  maxValues,
  type TensorEncoding,
} from './encodings';
export { defaultLimits, type WireLimits } from './guard';
export { decodeMessage, encodeMessage, isName } from './message-code';
export * from './messages';
export { maxSegments } from './plan-code';
