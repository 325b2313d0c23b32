/**
 * Names as an array of a checkpoint: UTF-8 with a newline after each, under another type, because arrays of a checkpoint are
 * copied as bytes, never as numbers.
 */
export function arrayOfNames(names: Iterable<string>): Float32Array {
  const text = Buffer.from([...names].map((name) => `${name}\n`).join(''), 'utf8');
  const bytes = new Uint8Array(4 * Math.ceil(text.length / 4));
  bytes.set(text);
  return new Float32Array(bytes.buffer);
}

/** The names that `arrayOfNames` wrote; none if there is no array. */
export function namesOfArray(array: Float32Array | undefined): readonly string[] {
  if (!array) return [];
  return Buffer.from(array.slice().buffer).toString('utf8').split('\n').slice(0, -1);
}
