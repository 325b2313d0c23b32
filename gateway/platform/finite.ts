/** Whether all values are finite numbers. It is a loop, because `every` with a function takes ten times as long. */
export function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false;
  return true;
}
