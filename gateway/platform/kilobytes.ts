/** Bytes as the nodes' dialogs show them, in whole kilobytes of 1024 and rounded up: whoever gives so much gives enough. */
export const kilobytesAtLeast = (bytes: number): string => `${Math.ceil(bytes / 1024)} KB`;

/** Bytes that somebody gave, to a tenth of a kilobyte and rounded down: no more than there is. Few are told as they are. */
export const kilobytesAtMost = (bytes: number): string =>
  bytes < 1024 ? `${bytes} bytes` : `${Math.floor((10 * bytes) / 1024) / 10} KB`;
