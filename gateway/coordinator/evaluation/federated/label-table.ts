/** Windows by label, and how many of them were recognised. */
export interface Table {
  readonly counts: readonly number[];
  readonly right: readonly number[];
}

/** Mean of the recalls of the labels that occur. */
export function balanced({ counts, right }: Table): number {
  let recalls = 0;
  let labels = 0;
  counts.forEach((count, label) => {
    if (count <= 0) return;
    recalls += right[label]! / count;
    labels++;
  });
  return labels === 0 ? 0 : recalls / labels;
}

/** The tables of several gateways as one. */
export function sumOf(tables: readonly Table[], labels: number): Table {
  const counts = new Array<number>(labels).fill(0);
  const right = new Array<number>(labels).fill(0);
  for (const table of tables)
    for (let l = 0; l < labels; l++) {
      counts[l]! += table.counts[l]!;
      right[l]! += table.right[l]!;
    }
  return { counts, right };
}
