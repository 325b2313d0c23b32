import assert from 'node:assert/strict';
import ts from 'typescript';
import { importedFile, parsed } from '../support/source-files';

/** The declarations that a file exports by name, with whether each has a docstring. Overloads share one. */
function exportsOf(path: string): Map<string, boolean> {
  const names = new Map<string, boolean>();
  const add = (name: string, documented: boolean) => names.set(name, documented || names.get(name) === true);
  for (const statement of parsed(path).statements) {
    if (ts.isExportDeclaration(statement)) {
      const { moduleSpecifier, exportClause } = statement;
      if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier)) continue;
      const there = exportsOf(importedFile(path, moduleSpecifier.text));
      if (!exportClause) for (const [name, documented] of there) add(name, documented);
      else if (ts.isNamedExports(exportClause))
        for (const { name, propertyName } of exportClause.elements)
          add(name.text, there.get((propertyName ?? name).text) ?? false);
    } else if (ts.canHaveModifiers(statement)) {
      const exported = ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      if (!exported) continue;
      const documented = ts
        .getJSDocCommentsAndTags(statement)
        .some((doc) => ts.isJSDoc(doc) && (ts.getTextOfJSDocComment(doc.comment) ?? '').trim() !== '');
      if (ts.isVariableStatement(statement))
        for (const { name } of statement.declarationList.declarations) add(name.getText(), documented);
      else if ('name' in statement && statement.name) add((statement.name as ts.Identifier).text, documented);
    }
  }
  return names;
}

describe('the public names', () => {
  for (const face of [
    'gateway/index.ts',
    'gateway/engine-tensorflow/index.ts',
    'gateway/simulation/index.ts',
  ]) {
    it(`of ${face} each have a docstring`, () => {
      const names = exportsOf(face);
      assert.ok(names.size > 4, `${names.size} names were found`);
      const silent = [...names].filter(([, documented]) => !documented).map(([name]) => name);
      assert.deepEqual(silent, []);
    });
  }
});

describe('the front door', () => {
  it('has at most 40 names', () => {
    const names = [...exportsOf('gateway/index.ts').keys()];
    assert.ok(names.length <= 40, `${names.length}: ${names.join(', ')}`);
  });
});
