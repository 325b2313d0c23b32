/** The messages of docs/protocol.md and their CBOR form. */
export { addressed, saidByTopic, type UpdateOnItsWay, withCounter } from './addressed';
export * from './drop';
export {
  asReceived,
  chooseEncoding,
  decodeInto,
  decodeTensor,
  type EncodedTensor,
  type EncodingPurpose,
  encodeSteps,
  encodeValues,
  encodingOf,
  encodingOverModel,
  encodings,
  finestEncoding,
  maxValues,
  type TensorEncoding,
} from './encodings';
export { defaultLimits, type WireLimits } from './guard';
export { decodeShares, encodeShares, shareStep } from './label-shares';
export {
  decodeMessage,
  decodeStored,
  type Envelope,
  encodeMessage,
  type Message,
  type MessagePlace,
} from './message-code';
export { protocolVersion } from './message-fields';
export {
  type Ack,
  type Anchor,
  type Body,
  type BodyOf,
  type Chunk,
  type Claim,
  copyValues,
  type Evaluation,
  encodeAhead,
  encodeTensor,
  type Grant,
  type Head,
  type Hello,
  lengthOf,
  type MessageType,
  type ModelVersion,
  maxSegments,
  mostCounter,
  type ParameterChange,
  type Patch,
  type Ready,
  type RejectionReason,
  type RoleMessageType,
  type RoundUpdate,
  type Route,
  readTensor,
  receivedTensor,
  rejectionReasons,
  rememberEncoded,
  routes,
  type Snapshot,
  type Sync,
  type TaskMessage,
  type Tensor,
  type Update,
} from './messages';
export { PlanBook, planIdOfUpdate } from './plan-book';
export { isProbe, probeBytes } from './probe';
export { versionDigest } from './version-digest';
