import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import ts from 'typescript';

/** The folder of the project. */
export const root = join(__dirname, '..', '..');

/** The TypeScript files below a folder of the project, as paths from its root with forward slashes. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'))
    .sort();
}

/** The imports of a file of the project, types included: its own files as paths from the root, packages by name. */
export function importsOf(path: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, path), 'utf8'));
  return importedFiles.map(({ fileName }) => (fileName.startsWith('.') ? beside(path, fileName) : fileName));
}

/** The file that `specifier` means in the file at `path`. */
export function importedFile(path: string, specifier: string): string {
  const target = beside(path, specifier);
  return existsSync(join(root, target, 'index.ts')) ? `${target}/index.ts` : `${target}.ts`;
}

function beside(path: string, specifier: string): string {
  return normalize(join(path, '..', specifier)).replaceAll('\\', '/');
}

/** The syntax tree of a file of the project, with its comments. */
export function parsed(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.ES2022, true);
}
