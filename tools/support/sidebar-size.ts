import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = join(__dirname, '..', '..');
/** Files that the browser loads for the sidebar alone, beside the words of one language. */
const files = [
  'resources/sidebar',
  'resources/vendor',
  'resources/dialogs/in-language.mjs',
  'resources/dialogs/words.mjs',
  'nodes/sidebar/sidebar.html',
];

/** Bytes that a browser loads for the sidebar in the language with the longest words. */
export function sidebarBytes(): number {
  const locales = join(root, 'nodes', 'sidebar', 'locales');
  const words = readdirSync(locales).map((language) => gzipped(join(locales, language)));
  return files.reduce((sum, path) => sum + gzipped(join(root, path)), 0) + Math.max(...words);
}

/** Bytes of a file, or of the files below a folder, each compressed by itself as a server does. */
function gzipped(path: string): number {
  if (!statSync(path).isDirectory()) return gzipSync(readFileSync(path)).length;
  return readdirSync(path).reduce((sum, name) => sum + gzipped(join(path, name)), 0);
}
