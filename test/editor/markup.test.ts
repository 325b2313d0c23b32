import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/source-files';

/** Ways in which a text becomes markup. What comes from the runtime, from gateways and from tasks is text only. */
const markup = [
  /\.(?:inner|outer)HTML\b/,
  /insertAdjacentHTML|createContextualFragment|DOMParser|document\.write\b/,
  // The editor reads its notifications as HTML.
  /\.notify\(/,
  // Without arguments it reads; a space, and words of the catalogue, are the package's own.
  /\.html\((?!\)|'&nbsp;'\)|tip && text\(tip\)\))/,
];
/** The figures of a task are numbers that this page has formatted. */
const known = [/\.html\(\s*text\('preview\.summary'/];

/** The package's own classes in each selector of a sheet of styles. */
function classesOf(sheet: string): string[][] {
  const rules = readFileSync(join(root, 'resources', sheet), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return [...rules.matchAll(/([^{}]+)\{/g)].flatMap(([, selectors = '']) =>
    selectors.split(',').map((selector) => selector.match(/\.ftte-[\w-]+/g) ?? []),
  );
}

describe('sheets of styles of the editor', () => {
  it('keep apart, because one page has all of them: each rule has a class of its sheet alone', () => {
    // `dialogs.css` is what all dialogs share.
    const sheets = ['federation-dialog', 'sidebar', 'task-dialog'].map((name) => `${name}/${name}.css`);
    for (const sheet of sheets) {
      const others = ['dialogs/dialogs.css', ...sheets].filter((other) => other !== sheet);
      const known = new Set(others.flatMap(classesOf).flat());
      for (const classes of classesOf(sheet))
        if (classes.length > 0)
          assert.ok(
            classes.some((name) => !known.has(name)),
            `${sheet}: ${classes.join(' ')}`,
          );
    }
  });
});

describe('scripts of the editor', () => {
  const files = ['nodes', 'resources'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:mjs|html)$/.test(name) && !/vendor|locales/.test(name))
      .map((name) => `${folder}/${name}`),
  );

  it('show what comes from elsewhere as text', () => {
    assert.ok(files.length > 20, `${files.length} files`);
    for (const file of files) {
      const script = known.reduce(
        (left, pattern) => left.replace(pattern, ''),
        readFileSync(join(root, file), 'utf8'),
      );
      for (const pattern of markup) assert.doesNotMatch(script, pattern, file);
    }
  });
});
