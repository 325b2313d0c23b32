/** Entries of an object that are measured; the others are taken to be like them. */
const mostEntries = 16;
const deepest = 3;
/** Bytes of a number, a reference or a small object beside its content. */
const wordBytes = 16;

/** About how much memory a payload takes, in bytes. It looks at a few of its values, however large it is. */
export function payloadBytes(payload: unknown, depth = 0): number {
  if (typeof payload === 'string') return wordBytes + 2 * payload.length;
  if (typeof payload !== 'object' || payload === null) return wordBytes;
  if (ArrayBuffer.isView(payload)) return wordBytes + payload.byteLength;
  if (depth >= deepest) return wordBytes;
  if (Array.isArray(payload)) {
    // Readings of a batch are alike.
    return wordBytes + payload.length * payloadBytes(payload[0], depth + 1);
  }
  const names = Object.keys(payload);
  const measured = names.slice(0, mostEntries);
  const bytes = measured.reduce(
    (sum, name) => sum + wordBytes + payloadBytes((payload as Record<string, unknown>)[name], depth + 1),
    0,
  );
  return wordBytes + (measured.length === 0 ? 0 : (bytes * names.length) / measured.length);
}
