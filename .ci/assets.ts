import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Copies what tsc does not: the editor's files beside each node's .js, and the kernels beside the engine's. */
const root = join(__dirname, '..');
for (const node of readdirSync(join(root, 'nodes'))) {
  const from = join(root, 'nodes', node);
  const to = join(root, 'dist', 'nodes', node);
  for (const kind of ['icons', 'locales']) rmSync(join(to, kind), { recursive: true, force: true });
  cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith('.ts') });
}
const kernels = join('gateway', 'engine', 'wasm');
cpSync(join(root, kernels), join(root, 'dist', kernels), { recursive: true });
