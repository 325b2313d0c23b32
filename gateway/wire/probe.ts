/**
 * The payload of a probe: a check of access rights publishes it, not retained, on the topics of a federation. It is no
 * message. Readers ignore it, and whoever owns a retained message of that topic sends it again without a notice.
 */
export const probeBytes: Uint8Array = new Uint8Array([0]);

export const isProbe = (bytes: Uint8Array): boolean => bytes.length === 1 && bytes[0] === 0;
