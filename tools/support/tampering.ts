import type { SeededRandom } from '../../gateway/platform';

/** Values that no honest sender would send. */
const odd: readonly ((random: SeededRandom) => unknown)[] = [
  () => -1,
  () => 0,
  () => 0.5,
  () => Number.NaN,
  () => Number.NEGATIVE_INFINITY,
  () => Number.MAX_SAFE_INTEGER,
  () => 2 ** 53,
  () => 1e308,
  () => '',
  () => '__proto__',
  () => 'x'.repeat(2_000),
  () => 'int8-blocks',
  () => null,
  () => true,
  () => [],
  () => ({}),
  () => [[]],
  () => new Uint8Array(0),
  (random) => Uint8Array.from({ length: random.integer(40) }, () => random.integer(256)),
  () => new Uint8Array(3).fill(0xff),
  () => new Float32Array(0),
  () => Float32Array.of(Number.NaN),
  () => new Float32Array(500).fill(3e38),
  () => Int8Array.of(-128, 127),
  () => new Int8Array(200).fill(1),
];

export type Tree = Record<string, unknown> | unknown[];
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);

/** Changes one place of a message: it becomes something else, is removed, or comes from another message. */
export function disturb(message: Tree, other: Tree, random: SeededRandom): void {
  let at = message;
  for (;;) {
    const keys = Object.keys(at);
    const key = keys[random.integer(keys.length || 1)];
    if (key === undefined) return;
    const place = at as Record<string, unknown>;
    const value = place[key];
    if (isTree(value) && random.uniform() < 0.7) {
      at = value;
      continue;
    }
    const way = random.uniform();
    if (way < 0.15 && !Array.isArray(at)) delete place[key];
    else if (way < 0.3) place[key] = (other as Record<string, unknown>)[key];
    else if (way < 0.5 && typeof value === 'number') place[key] = value + (random.integer(5) - 2);
    else place[key] = odd[random.integer(odd.length)]!(random);
    return;
  }
}

/** Damaged bytes. */
export function broken(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  // `slice` of a Buffer would share its memory.
  const copy = Uint8Array.from(bytes);
  const at = random.integer(copy.length);
  if (random.uniform() < 0.3) return copy.subarray(0, at);
  copy[at] = random.integer(256);
  return copy;
}
