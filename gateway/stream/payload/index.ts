/** Payloads of messages, in all shapes and formats of readings. */
export type { Packet, RawReading } from './packet';
export { type PayloadFormat, PayloadReader, payloadFormats } from './payload-reader';
