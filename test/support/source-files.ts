import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import ts from 'typescript';

/** The project's own folder. */
export const root = join(__dirname, '..', '..');

/** The TypeScript files below a folder of the project, as paths from its root with forward slashes. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'))
    .sort();
}

/** What a file of the project imports, types included: its own files as paths from the root, packages by name. */
export function importsOf(path: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, path), 'utf8'));
  return importedFiles.map(({ fileName }) => (fileName.startsWith('.') ? beside(path, fileName) : fileName));
}

/** The file that `specifier` means where the file at `path` imports it. */
export function importedFile(path: string, specifier: string): string {
  const target = beside(path, specifier);
  return existsSync(join(root, target, 'index.ts')) ? `${target}/index.ts` : `${target}.ts`;
}

function beside(path: string, specifier: string): string {
  return normalize(join(path, '..', specifier)).replaceAll('\\', '/');
}

/** A file of the project, parsed, with its comments. */
export function parsed(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.ES2022, true);
}
