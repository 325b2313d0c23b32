/** A number above all labels, which is added to that of a row with a beat. */
const mark = 1 << 20;

/** The label of a row on its way to the windows, with a mark if its message says that a beat is there. */
export const marked = (label: number): number => label + 1 + mark;

/** Takes the mark away again. */
export const unmarked = (label: number): { readonly label: number; readonly isMarked: boolean } =>
  label < mark ? { label, isMarked: false } : { label: label - mark - 1, isMarked: true };
