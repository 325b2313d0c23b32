import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import ts from 'typescript';
import { root } from './source-files';

/** A piece of prose, and the line of the file on which it starts. */
export interface Prose {
  readonly text: string;
  readonly line: number;
}

const scripts = ['.ts', '.mjs', '.cjs', '.js'];
const texts = ['.md', '.html', '.yml', '.json', '.py', '.sh'];
/** Not the project's own prose, or not English. */
const skipped =
  /(^|\/)(node_modules|fixtures|dist|\.git|package(-lock)?\.json|locales\/(?!en-US)[\w-]+)(\/|$)/;

/** The files with prose below a file or folder of the project, as paths from its root with forward slashes. */
export function proseFiles(place: string): string[] {
  if (skipped.test(place) || !existsSync(join(root, place))) return [];
  if (statSync(join(root, place)).isDirectory())
    return readdirSync(join(root, place)).flatMap((name) => proseFiles(`${place}/${name}`));
  return [...scripts, ...texts].includes(extname(place)) ? [place] : [];
}

/**
 * The prose of a file: comments and texts of a script, values of JSON, everything of other files. Code spans are left
 * out.
 */
export function proseOf(path: string): Prose[] {
  const text = readFileSync(join(root, path), 'utf8');
  const extension = extname(path);
  if (scripts.includes(extension)) return ofScript(path, text);
  const lines = text.split('\n').map((line, i) => ({ text: line, line: i + 1 }));
  if (extension === '.json')
    return lines.map(({ text: line, line: at }) => ({
      text: line.replace(/^\s*"[^"]*":/, '').replaceAll('\\n', ' '),
      line: at,
    }));
  return lines.map(({ text: line, line: at }) => ({ text: withoutCode(line), line: at }));
}

/** A paragraph of Markdown or of a comment without its code spans. */
const withoutCode = (text: string) => text.replace(/`[^`]*`/g, '`');

function ofScript(path: string, text: string): Prose[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const found: Prose[] = [];
  const seen = new Set<number>();
  const add = (at: number, piece: string) => {
    if (seen.has(at)) return;
    seen.add(at);
    found.push({ text: piece, line: source.getLineAndCharacterOfPosition(at).line + 1 });
  };
  const comments = (at: number) => {
    for (const { pos, end } of ts.getLeadingCommentRanges(text, at) ?? [])
      add(pos, comment(text.slice(pos, end)));
    for (const { pos, end } of ts.getTrailingCommentRanges(text, at) ?? [])
      add(pos, comment(text.slice(pos, end)));
  };
  const visit = (node: ts.Node): void => {
    comments(node.getFullStart());
    comments(node.getEnd());
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      if (!ts.isImportDeclaration(node.parent) && !ts.isLiteralTypeNode(node.parent))
        add(node.getStart(), node.text);
    node.getChildren(source).forEach(visit);
  };
  visit(source);
  return found;
}

/** The words of a comment in one line, so that a habit is found across a line's end. */
const comment = (text: string) => withoutCode(text.replace(/\s*\n\s*\*?\s*/g, ' '));
