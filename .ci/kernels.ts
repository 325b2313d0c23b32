/**
 * Builds the WebAssembly kernels from one source: once with separate multiply and add (the same bits on every CPU), and
 * once with the fused form of relaxed SIMD. It writes them into the source tree, where tests run, and into dist, which is
 * shipped.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const compiler = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
const source = join(root, 'gateway', 'engine', 'assembly', 'index.ts');
const folders = [root, join(root, 'dist')].map((base) => join(base, 'gateway', 'engine', 'wasm'));
const [built] = folders as [string, string];

const flags = [
  ...['--runtime', 'stub', '--importMemory', '--initialMemory', '1', '--noAssert'],
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--uncheckedBehavior', 'always'],
  ...['--disableWarning', '112'],
  ...['--enable', 'simd', '--enable', 'bulk-memory', '--use', 'abort='],
];
const builds = { strict: [], relaxed: ['--enable', 'relaxed-simd'] };

for (const folder of folders) mkdirSync(folder, { recursive: true });
for (const [name, own] of Object.entries(builds)) {
  const file = `${name}.wasm`;
  const output = join(built, file);
  execFileSync(process.execPath, [compiler, source, ...flags, ...own, '--outFile', output], {
    stdio: 'inherit',
    cwd: root,
  });
  for (const folder of folders) if (folder !== built) copyFileSync(output, join(folder, file));
  // Not on stdout, which belongs to the script that builds the kernels.
  console.error(`${file}: ${statSync(output).size} bytes`);
}
