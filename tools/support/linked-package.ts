import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');

/** Whether `npm run build` has been run, without which there is nothing to link. */
export function isBuilt(): boolean {
  return existsSync(join(root, 'dist', 'nodes', 'ftte-federation', 'ftte-federation.js'));
}

/** Links this package into a user directory of Node-RED, in the place where the palette installs it. */
export function linkPackage(userDir: string): void {
  const target = join(userDir, 'node_modules', '@ftte', 'node-red-ftte');
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true });
  // A junction needs no privilege on Windows; other systems ignore the type.
  symlinkSync(root, target, 'junction');
}
