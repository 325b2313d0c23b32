/** A setting about columns: names, the columns that they stand for, and columns to leave out. */
export interface ColumnList {
  /** Columns to read, in this order; without `column` the name is the column's own. */
  readonly chosen: readonly { readonly name: string; readonly column?: string }[];
  readonly leftOut: readonly string[];
}

/** Reads a setting such as `acc_x, acc_y`, `acc_x = Accelerometer X`, `-battery`. */
export function parseColumnList(texts: readonly string[]): ColumnList {
  const entries = texts.map((text) => text.trim()).filter((text) => text !== '');
  const isLeftOut = (text: string) => text.length > 1 && text.startsWith('-');
  return {
    chosen: entries
      .filter((text) => !isLeftOut(text))
      .map((text) => {
        const at = text.indexOf('=');
        if (at <= 0) return { name: text };
        return { name: text.slice(0, at).trim(), column: text.slice(at + 1).trim() };
      }),
    leftOut: entries.filter(isLeftOut).map((text) => text.slice(1).trim()),
  };
}
