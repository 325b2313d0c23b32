/** A setting that cannot go with others: its path, what was expected and what came. */
export interface Conflict {
  readonly field: string;
  readonly text: string;
}

/** The conflict of a field, of which the words go into one sentence: `expected none, got krum: it judges each update`. */
export const conflict = (field: string, expected: string, got: unknown, why: string): Conflict => ({
  field,
  text: `expected ${expected}, got ${got}: ${why}`,
});
