import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './source-files';

const numbers = [
  'No',
  'One',
  'Two',
  'Three',
  'Four',
  'Five',
  'Six',
  'Seven',
  'Eight',
  'Nine',
  'Ten',
  'Eleven',
  'Twelve',
];

/** A checklist of docs/development.md: the files that something new needs. */
export interface Checklist {
  /** The number that its first sentence gives. */
  readonly count: number;
  /** Every item, the path first. */
  readonly items: readonly { readonly path: string; readonly text: string }[];
}

/** The checklist below a heading. */
export function checklist(heading: string): Checklist {
  const document = readFileSync(join(root, 'docs/development.md'), 'utf8');
  const section = document.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const items = [...section.matchAll(/^\d+\. `([^`]+)`(.*(?:\n {3}.*)*)/gm)];
  return {
    count: numbers.indexOf(/\w+/.exec(section)?.[0] ?? ''),
    items: items.map(([, path, text]) => ({ path: path!, text: text! })),
  };
}
