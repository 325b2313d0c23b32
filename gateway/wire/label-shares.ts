/** Units of a byte in one unit of the natural logarithm. */
const units = 16;
/** Units from one value that is sent to the next, a quarter of a logarithm: shares that are 28 % apart. */
export const shareStep = 4;
/** The least share that is sent, or believed: an offset by a smaller one would be most of an output. */
const leastShare = 0.01;

/**
 * Shares of labels, one byte each: the negative logarithm in sixteenths, so that rare labels are as exact as others. It is a
 * multiple of a quarter, so that it shows little of what single gateways have.
 */
export const encodeShares = (shares: readonly number[]): Uint8Array =>
  Uint8Array.from(
    shares,
    (share) => shareStep * Math.round((-units * Math.log(Math.max(leastShare, share))) / shareStep),
  );

/** The logarithms of shares that came as bytes, none below that of a hundredth; undefined if their number is not that of the labels. */
export function decodeShares(bytes: Uint8Array | undefined, labels: number): Float32Array | undefined {
  if (bytes?.length !== labels || labels === 0) return undefined;
  return Float32Array.from(bytes, (byte) => Math.max(Math.log(leastShare), -byte / units));
}
