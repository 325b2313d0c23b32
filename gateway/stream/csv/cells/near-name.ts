/** The name in a list that a misspelt name most likely means; undefined if none is similar. */
export function nearName(wrong: string, names: readonly string[]): string | undefined {
  const bare = lettersOf(wrong);
  if (bare === '') return undefined;
  const same = names.find((name) => lettersOf(name) === bare);
  if (same !== undefined) return same;
  // One letter of a short name may be wrong, and three of a long one.
  let [best, least] = [undefined as string | undefined, bare.length < 4 ? 2 : bare.length < 9 ? 3 : 4];
  for (const name of names) {
    const distance = editDistance(bare, lettersOf(name));
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** The letters and digits of a name in lower case: `Acc X`, `acc_x` and `accX` give the same. */
export function lettersOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .slice(0, 40);
}

/** Number of letters to insert, delete or replace (Levenshtein 1966), computed row by row. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = above[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[to.length]!;
}
