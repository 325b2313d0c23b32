import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commands } from '../../gateway/cli';
import { root } from '../support/source-files';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { encoding: 'utf8', recursive: true }).map((name) => `docs/${name}`),
].filter((page) => page.endsWith('.md'));
/** The folders to which paths in the text are relative; pages about one room use the shorter ones. */
const bases = ['.', 'gateway', 'gateway/engine', 'gateway/coordinator'];
const folders = readdirSync(root).concat(...bases.slice(1).map((base) => readdirSync(join(root, base))));

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => found!);

/** The anchors of the headings of a page, as GitHub makes them. */
const anchorsOf = (text: string) =>
  all(text, /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** The links to a heading that does not exist, in a file that does. */
function brokenAnchors(page: string, text: string): string[] {
  return all(text, /\]\(((?!https?:)[^)\s]*#[^)\s]+)\)/g).filter((link) => {
    const [file, anchor] = link.split('#');
    const target = file ? join(root, dirname(page), file) : undefined;
    if (target && !existsSync(target)) return false;
    return !anchorsOf(target ? readFileSync(target, 'utf8') : text).includes(anchor!);
  });
}

/** The names in a page that do not exist. */
function missingIn(page: string, text: string, scripts: Readonly<Record<string, string>>): string[] {
  const links = all(text, /\]\(((?!https?:)[^)#\s]+)/g).filter(
    (link) => !existsSync(join(root, dirname(page), link)),
  );
  const paths = all(text, /`([\w.-]+\/[\w./-]+)`/g).filter(
    (path) =>
      // The output of a build does not exist before the build.
      !path.startsWith('dist/') &&
      folders.includes(path.split('/')[0]!) &&
      !bases.some((base) => existsSync(join(root, base, path))),
  );
  const runs = all(text, /\bnpm run ([\w:-]+)/g).filter((script) => !Object.hasOwn(scripts, script));
  const tools = all(text, /\bnpx ftte (\w+)/g).filter((name) => !commands.some((one) => one.name === name));
  return [...links, ...brokenAnchors(page, text), ...paths, ...runs, ...tools];
}

describe('the documentation', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  for (const page of pages) {
    it(`names in ${page} only files, links, scripts and commands that exist`, () => {
      assert.deepEqual(missingIn(page, readFileSync(join(root, page), 'utf8'), scripts), []);
    });
  }

  it('is checked by a test that finds a missing one', () => {
    const text =
      '# A heading, here\nSee [there](gone.md), [here](#a-heading-here), [below](#gone), `gateway/gone.ts`, `npm run gone`, `npx ftte gone`, [home](https://x.org).';
    assert.deepEqual(missingIn('docs/page.md', text, scripts), [
      'gone.md',
      '#gone',
      'gateway/gone.ts',
      'gone',
      'gone',
    ]);
  });
});
