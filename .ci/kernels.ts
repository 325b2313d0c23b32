import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..');
const compiler = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
const source = join(root, 'gateway', 'engine', 'assembly', 'index.ts');
const built = join('gateway', 'engine', 'wasm');

const flags = [
  ...['--runtime', 'stub', '--importMemory', '--initialMemory', '1', '--noAssert'],
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--uncheckedBehavior', 'always'],
  ...['--disableWarning', '112'],
  ...['--enable', 'simd', '--enable', 'bulk-memory', '--use', 'abort='],
];
const builds = { strict: [], relaxed: ['--enable', 'relaxed-simd'] };

/** The built files, in the source tree, where tests run, and in `dist`, which is shipped. */
export const kernelFiles = ['', 'dist'].flatMap((base) =>
  Object.keys(builds).map((name) => join(base, built, `${name}.wasm`)),
);

/**
 * Builds the WebAssembly kernels from one source: once with separate multiply and add (the same bits on every CPU), and
 * once with the fused form of relaxed SIMD.
 * @returns a line about each file
 */
export async function buildKernels(): Promise<string[]> {
  for (const base of [root, join(root, 'dist')]) mkdirSync(join(base, built), { recursive: true });
  return Promise.all(
    Object.entries(builds).map(async ([name, own]) => {
      const file = join(built, `${name}.wasm`);
      // The compiler's remarks on a build that succeeds are of no use to anybody.
      await promisify(execFile)(process.execPath, [compiler, source, ...flags, ...own, '--outFile', file], {
        cwd: root,
      });
      copyFileSync(join(root, file), join(root, 'dist', file));
      return `${name}.wasm: ${statSync(join(root, file)).size} bytes`;
    }),
  );
}
