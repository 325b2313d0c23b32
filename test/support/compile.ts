import { join } from 'node:path';
import ts from 'typescript';
import { root } from './source-files';

/**
 * The type errors of some files if other files had another text.
 * @param changes texts by path from the project's root
 * @param files what is checked, as paths from the root
 * @returns the messages of each file that has any
 */
export function typeErrors(
  changes: Readonly<Record<string, string>>,
  files: readonly string[],
): Record<string, string[]> {
  const read = ts.readConfigFile(join(root, 'tsconfig.check.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
  const texts = new Map(Object.entries(changes).map(([path, text]) => [join(root, path), text]));
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  host.readFile = (path) => texts.get(join(path)) ?? readFile(path);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, target, ...rest) => {
    const text = texts.get(join(path));
    return text === undefined
      ? getSourceFile(path, target, ...rest)
      : ts.createSourceFile(path, text, target, true);
  };
  const program = ts.createProgram(
    files.map((path) => join(root, path)),
    options,
    host,
  );
  return Object.fromEntries(
    files.flatMap((path) => {
      const file = program.getSourceFile(join(root, path));
      const errors = program.getSemanticDiagnostics(file);
      const messages = errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
      return messages.length > 0 ? [[path, messages]] : [];
    }),
  );
}
