/** The values that a setting may have beside the one that it cannot go with: some of a choice, or a range of numbers. */
export type Allowed =
  | readonly string[]
  | { readonly auto?: true; readonly least?: number; readonly most?: number };

/** A setting that cannot go with another, as plain data, for dialogs in other languages. */
export interface Clash {
  /** Path of the setting in the task. */
  readonly field: string;
  readonly got: string | number;
  readonly allowed: Allowed;
  /** The setting that it cannot go with. */
  readonly with: { readonly field: string; readonly value: string | number | true };
}

/** A setting that cannot go with others: its path, what was expected and what came. */
export interface Conflict {
  readonly field: string;
  readonly text: string;
  readonly clash: Clash;
}

/** The words of a conflict: what is expected, and why. */
interface ConflictWords {
  readonly expected: string;
  readonly why: string;
}

/** The conflict of a field, of which the words go into one sentence: `expected none, got krum: it judges each update`. */
export const conflict = (clash: Clash, { expected, why }: ConflictWords): Conflict => ({
  field: clash.field,
  text: `expected ${expected}, got ${clash.got}: ${why}`,
  clash,
});
