/* Numbers as people write and read them. */

/** A number where it is one; other text (`${NAME}`, mistakes) as it is, for the runtime to judge. */
export function number(text) {
  const trimmed = String(text).trim();
  return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
}

/** Without what binary fractions add. */
export const exact = (value) => Number(value.toPrecision(12));

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(count < 10240 ? 1 : 0)} KB`;
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}

export const percent = (share) => `${Math.round(100 * share)} %`;
