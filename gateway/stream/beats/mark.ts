/** What is added to the label of a row that is a beat; there are far fewer labels. */
const mark = 1 << 20;

/** The label of a row on its way to the windows, with a mark if its message says that a beat is there. */
export const marked = (label: number): number => label + 1 + mark;

/** Takes the mark away again. */
export const unmarked = (label: number): { readonly label: number; readonly isMarked: boolean } =>
  label < mark ? { label, isMarked: false } : { label: label - mark - 1, isMarked: true };
