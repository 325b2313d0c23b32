/**
 * Builds the package: kernels and TypeScript side by side, then the files that no compiler writes. A step runs only when
 * a file that it reads has changed, or a file that it wrote is gone. `build.ts kernels` builds the kernels alone.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { completeDist, plotFiles } from './assets';
import { BuildRecord, filesBelow } from './build-record';
import { buildKernels, kernelFiles } from './kernels';

const root = join(__dirname, '..');
const cache = join(__dirname, '.cache');
const tools = ['package-lock.json'];

interface Step {
  name: string;
  /** The line that a person reads while the step runs. */
  doing: string;
  /** Paths from the root. */
  inputs: string[];
  outputs: string[];
  /** @returns lines to print */
  run(): Promise<string[]>;
}

const kernels: Step = {
  name: 'kernels',
  doing: 'building the WebAssembly kernels',
  inputs: [...filesBelow(root, 'gateway/engine/assembly', /\.ts$/), '.ci/kernels.ts', ...tools],
  outputs: kernelFiles,
  run: buildKernels,
};

const sources = ['gateway', 'nodes']
  .flatMap((room) => filesBelow(root, room, /\.ts$/))
  .filter((path) => !path.startsWith('gateway/engine/assembly/'));

const typescript: Step = {
  name: 'typescript',
  doing: 'compiling TypeScript',
  inputs: [...sources, 'tsconfig.json', ...tools],
  outputs: sources
    .filter((path) => !path.endsWith('.d.ts'))
    .map((path) => `dist/${path.replace(/ts$/, 'js')}`),
  run: compile,
};

const assets: Step = {
  name: 'assets',
  doing: 'copying the files of the editor',
  inputs: [
    ...filesBelow(root, 'nodes', /\.(html|json|svg)$/),
    '.ci/assets.ts',
    ...typescript.inputs,
    ...tools,
  ],
  outputs: [
    ...filesBelow(root, 'nodes', /\.(html|json|svg)$/).map((path) => `dist/${path}`),
    'dist/vendor/cbor-x.cjs',
    ...plotFiles,
  ],
  run: async () => {
    completeDist();
    return [];
  },
};

const buildInfo = join(cache, 'typescript.tsbuildinfo');

/** Compiles what has changed, or everything where an output is gone: the compiler does not look for its outputs. */
async function compile(): Promise<string[]> {
  if (!record.hasOutputs(typescript)) rmSync(buildInfo, { force: true });
  const compiler = spawn(
    process.execPath,
    [
      join(root, 'node_modules', 'typescript-native', 'bin', 'tsc'),
      ...['-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', buildInfo],
    ],
    { cwd: root, stdio: 'inherit' },
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    compiler.once('error', reject);
    compiler.once('close', resolve);
  });
  if (code !== 0) throw new Error('TypeScript did not compile');
  return [];
}

const record = new BuildRecord(root, join(cache, 'built.json'));

async function main(): Promise<void> {
  const kernelsOnly = process.argv[2] === 'kernels';
  const compilers = (kernelsOnly ? [kernels] : [kernels, typescript]).filter(
    (step) => !record.isCurrent(step),
  );
  // The last step changes what the compilers wrote.
  const copies = !kernelsOnly && (compilers.length > 0 || !record.isCurrent(assets)) ? [assets] : [];
  if (compilers.length + copies.length === 0) {
    record.touch();
    console.error('Nothing has changed since the last build.');
    return;
  }
  await Promise.all(compilers.map(runStep));
  for (const step of copies) await runStep(step);
}

/** Runs one step. Its lines go to stderr: stdout belongs to the script that needs the build. */
async function runStep(step: Step): Promise<void> {
  const start = performance.now();
  console.error(`${step.doing} ...`);
  record.forget(step);
  const lines = await step.run();
  record.keep(step);
  for (const line of lines) console.error(`  ${line}`);
  console.error(`${step.doing}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

main().catch((error: Error & { stdout?: string; stderr?: string }) => {
  console.error([error.message, error.stdout, error.stderr].filter(Boolean).join('\n'));
  process.exit(1);
});
