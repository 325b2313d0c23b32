import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../../../gateway/platform';
import type { Plot } from '../../../gateway/simulation';

const docs = join(__dirname, '..', '..', '..', 'docs');
/** The pages with tables; each table has its place in one of them. */
const pages = ['benchmarks.md', 'research-log.md'];

/**
 * Puts a table between its marks, `<!-- name -->` and `<!-- /name -->`.
 * @throws Error if the text has no such place
 */
export function replaceTable(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`the page has no place for ${name}: expected ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}

/**
 * Puts a table into the page of the docs that has a place for it.
 * @throws Error if none has
 */
export async function writeTable(name: string, table: string): Promise<void> {
  for (const page of pages) {
    const text = await readFile(join(docs, page), 'utf8');
    if (text.includes(`<!-- ${name} -->`))
      return writeAtomically(join(docs, page), replaceTable(text, name, table));
  }
  throw new Error(`no place for ${name} in ${pages.join(' or ')}`);
}

/** Writes a plot into the pictures of the docs. */
export async function writePlot({ name, svg }: Plot): Promise<void> {
  await writeAtomically(join(docs, 'images', `${name}.svg`), svg);
}
