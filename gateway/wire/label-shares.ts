/** Steps of the logarithm of a share: a sixteenth of a unit is 6 % of the share. */
const steps = 16;
const largestByte = 255;

/** Shares of labels, one byte each: the negative logarithm in sixteenths, so that rare labels are as exact as others. */
export const encodeShares = (shares: readonly number[]): Uint8Array =>
  Uint8Array.from(shares, (share) => Math.min(largestByte, Math.round(-steps * Math.log(share))));

/** The logarithms of shares that came as bytes; undefined if their number is not that of the labels. */
export function decodeShares(bytes: Uint8Array | undefined, labels: number): Float32Array | undefined {
  if (bytes?.length !== labels || labels === 0) return undefined;
  return Float32Array.from(bytes, (byte) => -byte / steps);
}
