/** The messages of docs/protocol.md and their CBOR form. */
export * from './drop';
export * from './messages';
