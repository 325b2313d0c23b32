import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { noticeCodes } from '../../gateway/platform';
import { root } from '../support/source-files';

/** The languages beside English, as Node-RED calls their folders. */
const languages = ['de', 'fr', 'es', 'ja', 'zh-CN'];
const english = 'en-US';

/** The folders with words: of each node, and of the sidebar. */
const places = readdirSync(join(root, 'nodes')).filter((name) =>
  existsSync(join(root, 'nodes', name, 'locales', english)),
);

const pathOf = (place: string, language: string, extension: string) =>
  join('nodes', place, 'locales', language, `${place}.${extension}`);
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

type Words = Readonly<Record<string, unknown>>;

/** The texts of a catalog by their keys, joined with dots. */
function textsOf(words: Words, path: readonly string[] = []): [string, string][] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [[[...path, key].join('.'), value] as [string, string]]
      : textsOf(value as Words, [...path, key]),
  );
}

const catalog = (place: string, language: string) =>
  textsOf(JSON.parse(textOf(pathOf(place, language, 'json'))) as Words).filter(([key]) => !isOfCode(key));

/** Texts around the English text of a code: in English a few words around some, else a sentence before each. */
const ofCode = /^ftte-federation\.(?:notice|error)\.([a-z-]+)$/;
const isOfCode = (key: string) => (ofCode.exec(key)?.[1] ?? '') in noticeCodes;
const sentencesOfCodes = (language: string) =>
  textsOf(JSON.parse(textOf(pathOf('ftte-federation', language, 'json'))) as Words).flatMap(([key, text]) => {
    const [, code = ''] = ofCode.exec(key) ?? [];
    return code in noticeCodes ? [[code, text] as const] : [];
  });

/** The `__places__` and tags of a text, which a translation has to keep. */
const partsOf = (text: string) => (text.match(/__\w+?__|<\/?\w+[^>]*>/g) ?? []).sort();

/** Three English words in a row: no name, and no abbreviation. */
const isSentence = (text: string) => /[a-z]{2,} [a-z]{2,} [a-z]{2,}/i.test(text);

/** Values as long as they usually get, by the place in the text; all others are as long as a short name. */
const usual: Readonly<Record<string, string>> = {
  time: '90 s',
  version: '12',
  quality: '0.91',
  gateways: '3',
  score: '0.12',
  value: '36.6',
  rate: '50',
};
const filled = (text: string) =>
  longestForms(text).replace(/__(\w+?)__/g, (_match, name) => usual[name] ?? 'abc');

/** A text with the longer of each two forms that a number chooses between, such as `{gateway|gateways}`. */
const longestForms = (text: string) =>
  text.replace(/\{([^{}|]*)\|([^{}|]*)\}/g, (_both, one: string, other: string) =>
    one.length > other.length ? one : other,
  );

/** The texts that are shown under a node. */
const statuses = (place: string, language: string) =>
  catalog(place, language).filter(([key]) => key.startsWith(`${place}.status.`));

/** Other words for what has one word in each language: the federation above a region, and a node. */
const otherWords: Readonly<Record<string, RegExp>> = {
  'en-US': /larger federation/i,
  de: /größeren? Föderation|Föderation darüber/i,
  fr: /fédération plus grande|nœud|\b(?:ce|le|un) node\b(?!-)/i,
  es: /federación mayor|\b(?:ese|este|el|un) node\b(?!-)/i,
  ja: /大きな連合/,
  'zh-CN': /更大的联邦/,
};

describe('the federation above a region, and a node', () => {
  for (const [language, others] of Object.entries(otherWords))
    it(`have one word in ${language}`, () => {
      for (const place of places) {
        for (const [key, text] of catalog(place, language)) assert.doesNotMatch(text, others, key);
        if (place.startsWith('ftte-'))
          assert.doesNotMatch(textOf(pathOf(place, language, 'html')), others, place);
      }
    });
});

for (const language of languages) {
  describe(`the words in ${language}`, () => {
    for (const place of places) {
      it(`have the keys, the places for values and the tags of the English ones: ${place}`, () => {
        const theirs = catalog(place, language);
        const ours = catalog(place, english);
        assert.deepEqual(
          theirs.map(([key]) => key),
          ours.map(([key]) => key),
        );
        for (const [i, [key, text]] of theirs.entries()) {
          assert.deepEqual(partsOf(text), partsOf(ours[i]?.[1] ?? ''), key);
          assert.ok(text.trim() !== '', `${key} is empty`);
        }
      });

      it(`are translated: ${place}`, () => {
        const ours = new Map(catalog(place, english));
        const left = catalog(place, language).filter(
          ([key, text]) => text === ours.get(key) && isSentence(text),
        );
        assert.deepEqual(left, []);
      });

      it(`are shorter than 20 letters under a node: ${place}`, () => {
        const long = statuses(place, language).filter(([, text]) => [...filled(text)].length > 19);
        assert.deepEqual(long, []);
      });
    }

    it('have one sentence for each code: what it is, and what to do', () => {
      const sentences = sentencesOfCodes(language);
      assert.deepEqual(
        sentences.map(([code]) => code),
        Object.keys(noticeCodes),
      );
      for (const [code, sentence] of sentences) {
        // It stands alone, before the English text in brackets.
        assert.match(sentence, /^[^_<>]{8,}[.。]$/u, code);
        assert.ok([...sentence].length <= 180, `${code}: ${[...sentence].length} letters`);
      }
      assert.equal(new Set(sentences.map(([, sentence]) => sentence)).size, sentences.length);
    });

    it('leave room for the number of an error: 13 letters and a count of up to four', () => {
      const long = statuses('ftte-federation', language).filter(
        ([key, text]) => !/\.status\.(waiting|no|out)-/.test(key) && [...text].length > 13,
      );
      assert.deepEqual(long, []);
    });
  });
}

for (const language of languages) {
  describe(`the help in ${language}`, () => {
    for (const node of places.filter((place) => place.startsWith('ftte-'))) {
      const theirs = textOf(pathOf(node, language, 'html'));
      const ours = textOf(pathOf(node, english, 'html'));

      it(`has the parts of the English one: ${node}`, () => {
        assert.deepEqual(outlineOf(theirs), outlineOf(ours));
      });

      it(`names the same properties, values, files and links: ${node}`, () => {
        assert.deepEqual(namesOf(theirs), namesOf(ours));
        assert.deepEqual(linksOf(theirs), linksOf(ours));
      });

      it(`lists properties so that the editor can show them: ${node}`, () => {
        // One line, and no colon but its two.
        for (const line of propertiesOf(theirs)) assert.match(line, /^\s*:[^:]+\([^:]+\)[^:]*:[^:]*$/);
      });

      it(`is translated: ${node}`, () => {
        const known = new Set(ours.split('\n'));
        const left = theirs
          .split('\n')
          .filter((line) => known.has(line) && isSentence(line.replace(/`[^`]*`|<[^>]*>/g, '')));
        assert.deepEqual(left, []);
      });
    }
  });
}

const propertiesOf = (help: string) => help.split('\n').filter((line) => /^\s*:/.test(line));

/** Marks of Markdown at the beginning of lines, with the number of paragraphs, bold texts and code blocks. */
function outlineOf(help: string): unknown {
  const marks = help.split('\n').map((line) => /^(?:#+ | ?- |\d\. |: |\|)/.exec(line)?.[0].trim());
  const count = (pattern: RegExp) => help.match(pattern)?.length ?? 0;
  return {
    marks: marks.filter((mark) => mark !== undefined),
    paragraphs: count(/\n\n+/g),
    bold: count(/\*\*/g),
    code: /```[\s\S]*?```/.exec(help)?.[0],
  };
}

const linksOf = (help: string) => [...help.matchAll(/\]\((.*?)\)/g)].map(([, link]) => link);

/** The names of a help text that a program knows: of properties of messages, and those in code spans, except statuses. */
function namesOf(help: string): unknown {
  // Statuses are translated: their part is left out, and those that are quoted elsewhere.
  const parts = help
    .replace(/```[\s\S]*?```/, '')
    .split(/^(?=### )/m)
    .filter((part) => !/^### (?:Status|Statut|Estado|ステータス|状态)$/m.test(part));
  const spans = parts.flatMap((part) => [...part.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span));
  const properties = propertiesOf(help).flatMap((line) => /^: ([a-z*][^:]*)/.exec(line)?.[1] ?? []);
  return {
    properties: properties.filter((name) =>
      /\((?:any|array|boolean|number|object|string|Buffer|Float32Array)/.test(name),
    ),
    spans: spans.filter((span) => !isStatus(span)).sort(),
  };
}

/** Whether a code span quotes a status that is no single word: that could be a name. */
const isStatus = (span: string) => statusTexts.has(span);
const statusTexts = new Set(
  [english, ...languages]
    .flatMap((language) => places.flatMap((place) => statuses(place, language).map(([, text]) => text)))
    .filter((text) => /[^\x21-\x7e]/.test(text)),
);

describe('a number before a word', () => {
  /** Texts whose number is two or more: other statuses are shown for less, and windows have at least two readings. */
  const neverOne = /^(?:ftte-label\.status\.several|ftte-task\.learn\.proposal\..*)$/;
  /** Words of several: for these a number of one must have another form, or the text must need none. */
  const several =
    /__\w+__ (?:[\wé-]+ )?(?:gateways?|passerelles|samples|Beispiele|exemples|muestras|windows|fenêtres|ventanas|updates|mises|actualizaciones|readings|Messungen|mesures|lecturas|messages|Nachrichten|mensajes|rounds|Runden|tours|rondas|people|Personen|personnes|personas|labels|étiquettes|etiquetas|days|Tage|jours|días|gaps|trous)\b/;
  for (const language of [english, ...languages])
    it(`has a form for one in ${language}`, () => {
      const found = places.flatMap((place) =>
        catalog(place, language)
          .filter(([key, text]) => several.test(text) && !neverOne.test(key))
          .map(([key, text]) => `${key}: ${text}`),
      );
      assert.deepEqual(found, []);
    });
});

describe('the texts that people read', () => {
  const scripts = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((path) => !/\/(vendor|locales)\//.test(path));

  it('are in catalogs, none in a script of the editor', () => {
    const found = scripts('resources')
      .filter((path) => path.endsWith('.mjs'))
      .flatMap((path) => sentencesIn(path, textOf(path)));
    assert.deepEqual(found, []);
  });

  it('are in catalogs, none in the page of a node', () => {
    const pages = scripts('nodes').filter((path) => path.endsWith('.html'));
    assert.ok(pages.length >= places.length);
    for (const path of pages)
      for (const [, attributes = '', body = ''] of textOf(path).matchAll(
        /<script([^>]*)>([\s\S]*?)<\/script>/g,
      ))
        if (attributes.includes('text/html')) assert.doesNotMatch(withoutTags(body), /[a-z]/i, path);
        else assert.deepEqual(sentencesIn(path, body), []);
  });

  it('are found by a test that knows a sentence from markup', () => {
    const code = `say('Nothing came yet'); css('<div class="form-row a b">', '.a b c'); more(\`no \${x} came to here\`);`;
    assert.deepEqual(sentencesIn('x.mjs', code), ['x.mjs: Nothing came yet', 'x.mjs:  came to here']);
  });
});

const withoutTags = (text: string) => text.replace(/<[^>]*>|&\w+;/g, '');

/** The texts of a script that a person would read. */
function sentencesIn(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      const words = withoutTags(node.text);
      if (isSentence(words) || /^[A-Z][a-z]+ [a-z]{2,}/.test(words)) found.push(`${path}: ${node.text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
