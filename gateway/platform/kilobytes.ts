/**
 * Bytes as the dialogs of the nodes show them, in whole kilobytes of 1024 and rounded up: a person who grants this
 * amount grants enough.
 */
export const kilobytesAtLeast = (bytes: number): string => `${Math.ceil(bytes / 1024)} KB`;

/**
 * Bytes that are granted, to a tenth of a kilobyte and rounded down, so that it is no more than there is. Below a
 * kilobyte the exact number is shown.
 */
export const kilobytesAtMost = (bytes: number): string =>
  bytes < 1024 ? `${bytes} bytes` : `${Math.floor((10 * bytes) / 1024) / 10} KB`;
