import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** The criteria of the flow library's scorecard, checked offline before publishing. */
const root = join(__dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const nodeFiles: [string, string][] = Object.entries(manifest['node-red'].nodes);
const sourceHtml = (file: string) =>
  readFileSync(join(root, file.replace('dist/', '').replace('.js', '.html')), 'utf8');

describe('the flow library scorecard', () => {
  it('finds a licence, in the manifest and as a file', () => {
    assert.equal(manifest.license, 'Apache-2.0');
    assert.match(readFileSync(join(root, 'LICENSE'), 'utf8'), /Apache License\s+Version 2\.0/);
  });

  it('finds a scoped name, a description, a repository and the keyword', () => {
    assert.match(manifest.name, /^@[a-z0-9-]+\/node-red-[a-z0-9-]+$/);
    assert.ok(manifest.description.length > 20);
    assert.ok(manifest.repository.url);
    assert.ok(manifest.keywords.includes('node-red'));
  });

  it('finds ranges that Node-RED 4.1, Node-RED 5 and Node.js 20 to 24 satisfy', () => {
    assert.equal(manifest['node-red'].version, '>=4.1.0');
    assert.equal(manifest.engines.node, '>=20');
  });

  it('counts at most six production dependencies, and none is pinned below the installed version', () => {
    const names = Object.keys(manifest.dependencies);
    assert.ok(names.length <= 6, names.join(', '));
    for (const name of names) assert.match(manifest.dependencies[name], /^\^\d/);
  });

  it('ships the examples, the resources, the built nodes and the documentation', () => {
    for (const folder of ['dist', 'examples', 'docs']) assert.ok(manifest.files.includes(folder), folder);
  });

  it('needs no install script', () => {
    for (const script of ['preinstall', 'install', 'postinstall'])
      assert.equal(manifest.scripts[script], undefined);
  });

  for (const [type, file] of nodeFiles) {
    it(`${type}: registers its type literally, with help, a label and an icon`, () => {
      const { defaults, icon, category, inputs, outputs, color } = registration(sourceHtml(file), type);
      const folder = join(root, dirname(file.replace('dist/', '')));
      const help = join(folder, 'locales', 'en-US', `${type}.html`);
      assert.ok(existsSync(help), 'locales/en-US help');
      assert.match(readFileSync(help, 'utf8'), new RegExp(`data-help-name="${type}"`));
      assert.ok(defaults && ts.isObjectLiteralExpression(defaults), 'defaults');
      assert.ok(defaults.properties.every(ts.isPropertyAssignment), 'defaults without a spread');
      for (const literal of [icon, category, color]) assert.ok(literal && ts.isStringLiteral(literal));
      assert.ok(existsSync(join(folder, 'icons', (icon as ts.StringLiteral).text)), 'icon');
      if ((category as ts.StringLiteral).text === 'config') return;
      for (const literal of [inputs, outputs]) assert.ok(literal && ts.isNumericLiteral(literal));
    });
  }

  it('registers unique types, all with the prefix of the package', () => {
    const types = nodeFiles.map(([type]) => type);
    assert.equal(new Set(types).size, types.length);
    for (const type of types) assert.match(type, /^ftte-/);
  });

  it('finds every node in some example, and nodes of other packages if the import offers to install them', () => {
    const folder = join(root, 'examples');
    const used = new Set<string>();
    const core =
      /^(tab|group|comment|debug|catch|status|complete|inject|function|change|switch|delay|link (in|out|call)|json|junction|global-config|mqtt (in|out)|mqtt-broker|http (in|response))$/;
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const flow: { type: string; modules?: object }[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      const offered = flow.flatMap(({ modules = {} }) => Object.keys(modules));
      for (const { type } of flow) {
        used.add(type);
        const isOffered = type.startsWith('ui-') && offered.includes('@flowfuse/node-red-dashboard');
        assert.ok(core.test(type) || type.startsWith('ftte-') || isOffered, `${file}: ${type}`);
      }
    }
    for (const [type] of nodeFiles) assert.ok(used.has(type), `${type} is in no example`);
  });
});

/** The properties of a registered type, as the scorecard reads them: from a literal object, without a spread. */
function registration(html: string, type: string): Readonly<Record<string, ts.Expression | undefined>> {
  const scripts = [...html.matchAll(/<script.+?type=['"]text\/javascript['"].*?>([\S\s]*?)<\/script>/gi)];
  const found: Record<string, ts.Expression | undefined>[] = [];
  for (const [, script = ''] of scripts) {
    const visit = (node: ts.Node): void => {
      node.forEachChild(visit);
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
      const [name, definition] = node.arguments;
      if (node.expression.name.text !== 'registerType' || !name || !definition) return;
      assert.ok(ts.isStringLiteral(name) && name.text === type, 'the type is a literal');
      assert.ok(ts.isObjectLiteralExpression(definition), 'the definition is a literal');
      found.push(
        Object.fromEntries(
          definition.properties.map((property) => {
            assert.ok(property.name && ts.isIdentifier(property.name), 'no spread');
            return [property.name.text, ts.isPropertyAssignment(property) ? property.initializer : undefined];
          }),
        ),
      );
    };
    visit(ts.createSourceFile('script.js', script, ts.ScriptTarget.ES2022, true));
  }
  assert.equal(found.length, 1, 'one registration');
  return found[0]!;
}
