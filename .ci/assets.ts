import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..');
const dist = join(root, 'dist');

/** Completes `dist` with files that tsc does not write: the editor's files, the kernels, cbor-x as one file, and uPlot. */
export function completeDist(): void {
  removeStale();
  copyEditorFiles();
  copyKernels();
  vendorCbor();
  vendorPlot();
}

/** Removes what tsc wrote for a source that is gone: a stale `x.js` would hide a new folder `x`. */
function removeStale(): void {
  for (const room of ['gateway', 'nodes']) {
    for (const path of readdirSync(join(dist, room), { recursive: true, encoding: 'utf8' })) {
      const source = /^(.*?)(\.d\.ts|\.js)(\.map)?$/.exec(path)?.[1];
      if (source !== undefined && !existsSync(join(root, room, `${source}.ts`)))
        rmSync(join(dist, room, path));
    }
  }
}

/** Copies the editor's files beside each node's `.js`. */
function copyEditorFiles(): void {
  for (const node of readdirSync(join(root, 'nodes'))) {
    const from = join(root, 'nodes', node);
    const to = join(dist, 'nodes', node);
    for (const kind of ['icons', 'locales']) rmSync(join(to, kind), { recursive: true, force: true });
    cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith('.ts') });
  }
}

function copyKernels(): void {
  const kernels = join('gateway', 'engine', 'wasm');
  cpSync(join(root, kernels), join(dist, kernels), { recursive: true });
}

/**
 * Puts cbor-x into `dist/vendor` and makes the wire room load it from there. As a dependency, bundled or not, it brings
 * its optional native extractor: npm installs what the manifest of a package on disk names, at the latest when a user
 * installs the next package. The build without generated code is one file that requires nothing.
 */
function vendorCbor(): void {
  const library = join(root, 'node_modules', 'cbor-x');
  const code = readFileSync(join(library, 'dist', 'index-no-eval.cjs'), 'utf8');
  if (/\brequire\(/.test(code)) throw new Error('cbor-x: expected a file that requires nothing');
  const { version } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as { version: string };
  const licence = readFileSync(join(library, 'LICENSE'), 'utf8').trim();
  mkdirSync(join(dist, 'vendor'), { recursive: true });
  writeFileSync(
    join(dist, 'vendor', 'cbor-x.cjs'),
    `/*! cbor-x ${version}, https://github.com/kriszyp/cbor-x\n\n${licence}\n*/\n${code.replace(/^\/\/# sourceMappingURL=.*$/m, '')}`,
  );

  const user = join(dist, 'gateway', 'wire', 'cbor.js');
  const [before, after] = [`require('cbor-x/index-no-eval')`, `require('../../vendor/cbor-x.cjs')`];
  const text = readFileSync(user, 'utf8');
  if (text.includes(after)) return;
  if (text.split(before).length !== 2) throw new Error(`${user}: expected one ${before}`);
  writeFileSync(user, text.replace(before, after));
}

/** The files of uPlot that the sidebar loads, from the root. */
export const plotFiles = ['resources/vendor/uplot.mjs', 'resources/vendor/uplot.css'];

/** Puts uPlot, as its own build has it, where Node-RED serves files to the editor: as a module, with its licence. */
function vendorPlot(): void {
  const library = dirname(require.resolve('uplot/package.json'));
  const read = (name: string) => readFileSync(join(library, name), 'utf8').trim();
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const head = `/*! uPlot ${version}, https://github.com/leeoniya/uPlot\n\n${read('LICENSE')}\n*/\n`;
  const code = read('dist/uPlot.iife.min.js');
  if (!/^(\/\*.*\*\/\s*)?var uPlot=/.test(code))
    throw new Error('uPlot: expected a file that declares uPlot');
  mkdirSync(join(root, 'resources', 'vendor'), { recursive: true });
  const [script = '', styles = ''] = plotFiles.map((path) => join(root, path));
  writeFileSync(script, `${head}${code}\nexport default uPlot;\n`);
  writeFileSync(styles, `${head}${read('dist/uPlot.min.css')}\n`);
}
