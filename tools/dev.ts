import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { completeDist } from '../.ci/assets';
import { buildKernels } from '../.ci/kernels';
import { RestartingProcess } from './support/restarting-process';

/** `npm run dev` runs the first example in a real Node-RED, and rebuilds and restarts it at each change of a source. */
const usage = `Runs Node-RED with this package, and rebuilds and restarts it when a source file changes.

  npm run dev -- [--port N] [--data DIR] [--user-dir DIR] [--inspect]

  --port N        port of the editor (default 1880, or a free one if that is taken)
  --data DIR      real recordings instead of synthetic people (or FTTE_DATA)
  --user-dir DIR  folder of Node-RED's files and your flows (default: a temporary folder, removed at the end)
  --inspect       listen for a debugger
`;

const root = join(__dirname, '..');
/** Wait after a change, because an editor saves several files at once, and some files twice. */
const settleMs = 200;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      data: { type: 'string' },
      'user-dir': { type: 'string' },
      inspect: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const temporary = values['user-dir'] === undefined;
  const userDir = values['user-dir'] ?? mkdtempSync(join(tmpdir(), 'ftte-dev-'));
  const nodeRed = new RestartingProcess(() =>
    fork(
      join(__dirname, 'start.ts'),
      [
        ...['--user-dir', userDir, '--keep-flows'],
        ...(values.port === undefined ? [] : ['--port', values.port]),
        ...(values.data === undefined ? [] : ['--data', values.data]),
      ],
      {
        execArgv: ['--require', 'tsx/cjs', '--enable-source-maps', ...(values.inspect ? ['--inspect'] : [])],
      },
    ),
  );
  const restart = () => {
    completeDist();
    void nodeRed.restart();
  };

  if (!existsSync(join(root, 'gateway', 'engine', 'wasm', 'strict.wasm'))) await rebuildKernels();
  const compiler = compileOnChange(restart);
  const watchers = [
    onChange('nodes', /\.(html|json|svg)$/, restart),
    onChange('gateway/engine/assembly', /\.ts$/, () => {
      void rebuildKernels().then((built) => built && restart());
    }),
  ];
  // The scripts in resources/ need no build: a reload of the browser suffices.

  const stop = async () => {
    for (const each of [...watchers, compiler]) each.close();
    await nodeRed.stop();
    if (temporary) rmSync(userDir, { recursive: true, force: true });
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
}

/** Compiles as `npm run build` does, and again when a source changes. @param onBuilt called after a build without errors */
function compileOnChange(onBuilt: () => void): { close(): void } {
  const host = ts.createWatchCompilerHost(
    join(root, 'tsconfig.json'),
    {},
    ts.sys,
    ts.createEmitAndSemanticDiagnosticsBuilderProgram,
    (diagnostic) => process.stderr.write(ts.formatDiagnosticsWithColorAndContext([diagnostic], format)),
    ({ messageText }, newLine, _options, errors) => {
      const text = ts.flattenDiagnosticMessageText(messageText, newLine);
      process.stdout.write(`${text}${newLine}`);
      // The status that ends a compilation counts errors.
      if (errors === 0) onBuilt();
    },
  );
  return ts.createWatchProgram(host);
}

const format: ts.FormatDiagnosticsHost = {
  getCurrentDirectory: () => root,
  getCanonicalFileName: (name) => name,
  getNewLine: () => '\n',
};

/** Builds the kernels, and prints the compiler's errors. @returns whether it succeeded */
async function rebuildKernels(): Promise<boolean> {
  try {
    await buildKernels();
    return true;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return false;
  }
}

/** Watches a folder, and calls `act` after changes of matching files. */
function onChange(folder: string, files: RegExp, act: () => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(join(root, folder), { recursive: true }, (_event, name) => {
    if (name === null || !files.test(name)) return;
    clearTimeout(timer);
    timer = setTimeout(act, settleMs);
  });
  return {
    close: () => {
      clearTimeout(timer);
      watcher.close();
    },
  };
}

void main();
