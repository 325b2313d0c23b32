/** Payloads of messages: every shape and format that readings come in. */
export type { Packet, RawReading } from './packet';
export { type PayloadFormat, PayloadReader, payloadFormats } from './payload-reader';
