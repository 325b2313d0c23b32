/** The declarations at the start of a file in Weka's attribute-relation format. */
export interface ArffHead {
  readonly names: readonly string[];
  /** Index behind the line `@data`, and the number of lines before it. */
  readonly at: number;
  readonly lines: number;
}

/** The names of the columns and the place of the rows; undefined for another file. */
export function arffHead(text: string): ArffHead | undefined {
  if (!/^\s*(?:%.*\n\s*)*@relation\b/i.test(text)) return undefined;
  const data = /^@data[ \t]*\n/im.exec(text);
  if (!data) return undefined;
  const at = data.index + data[0].length;
  const declared = text.slice(0, at).matchAll(/^[ \t]*@attribute[ \t]+('[^'\n]*'|"[^"\n]*"|\S+)/gim);
  return {
    names: [...declared].map(([, name]) => name!.replace(/^(['"])(.*)\1$/, '$2')),
    at,
    lines: text.slice(0, at).split('\n').length - 1,
  };
}
