import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../../../gateway/platform';
import type { Plot } from '../../../gateway/simulation';

const docs = join(__dirname, '..', '..', '..', 'docs');
const page = join(docs, 'benchmarks.md');

/**
 * Puts a table between its marks, `<!-- name -->` and `<!-- /name -->`.
 * @throws Error where the text has no such place
 */
export function replaceTable(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no place for ${name}: wanted ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}

/** Puts a table into docs/benchmarks.md. */
export async function writeTable(name: string, table: string): Promise<void> {
  await writeAtomically(page, replaceTable(await readFile(page, 'utf8'), name, table));
}

/** Puts a plot among the pictures of the docs. */
export async function writePlot({ name, svg }: Plot): Promise<void> {
  await writeAtomically(join(docs, 'images', `${name}.svg`), svg);
}
