/** Payloads of messages, in all shapes and formats of readings. */
export { endsStep, type Packet, type RawReading } from './packet';
export { type PayloadFormat, PayloadReader, payloadFormats } from './payload-reader';
