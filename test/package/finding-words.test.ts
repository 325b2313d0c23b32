import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adviceWords, checks, foundWords } from '../../gateway/diagnosis';
import { storageCauses } from '../../gateway/platform';
import { everyFinding } from '../support/every-finding';
import { root } from '../support/source-files';

const languages = ['en-US', 'de', 'fr', 'es', 'ja', 'zh-CN'];

type Words = { readonly [key: string]: string | Words };

/** The words that all nodes share, in a language. */
const catalogOf = (language: string): Words => {
  const path = join(root, 'nodes', 'ftte-federation', 'locales', language, 'ftte-federation.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { 'ftte-federation': Words })['ftte-federation'];
};

/** The text of a key, as Node-RED makes it; it fails for a key that the catalog lacks. */
function textOf(catalog: Words, key: string, values: Readonly<Record<string, string | number>> = {}): string {
  const found = key
    .split('.')
    .reduce<string | Words | undefined>(
      (at, part) => (typeof at === 'object' ? at[part] : undefined),
      catalog,
    );
  assert.ok(typeof found === 'string', `the key ${key} is missing`);
  return found.replace(/__(\w+?)__/g, (place, name: string) => String(values[name] ?? place));
}

describe('the words of what Check broker and machine finds', () => {
  const asPlaces = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(texts).map(([code, text]) => [code, text.replace(/\{(\w+)\}/g, '__$1__')]),
    );

  it('are in English those of the command line', () => {
    const { diagnosis } = catalogOf('en-US') as { diagnosis: Words };
    assert.deepEqual(diagnosis['found'], asPlaces(foundWords));
    assert.deepEqual(diagnosis['advice'], asPlaces(adviceWords));
  });

  for (const language of languages) {
    it(`are whole in ${language}: each check, each finding with all of its values, and each advice`, () => {
      const catalog = catalogOf(language);
      for (const check of checks) textOf(catalog, `diagnosis.check.${check.replaceAll(' ', '-')}`);
      for (const { code, values, adviceCode } of everyFinding()) {
        const text = textOf(catalog, `diagnosis.found.${code}`, values);
        for (const value of Object.values(values))
          assert.ok(text.includes(String(value)), `${code}: ${text}`);
        assert.doesNotMatch(text, /__|\{|\}|no value of/, code);
        textOf(catalog, `diagnosis.advice.${adviceCode}`);
      }
    });

    it(`have the causes of storage that fails beside them in ${language}, each with what to do`, () => {
      const catalog = catalogOf(language);
      assert.deepEqual(Object.keys(catalog['storage'] ?? {}), [...storageCauses]);
      for (const cause of storageCauses)
        assert.match(textOf(catalog, `storage.${cause}`), /^[^_<>]{4,}[.。][^.。]{4,}[.。]$/u, cause);
    });
  }

  it('name the oldest Node.js that package.json allows', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    const oldest = /\d+/.exec(engines.node)?.[0];
    for (const language of languages)
      assert.ok(textOf(catalogOf(language), 'diagnosis.advice.node').includes(`Node.js ${oldest}`), language);
  });
});
