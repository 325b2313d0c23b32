import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');

/** True where `npm run build` has been run, without which there is nothing to link. */
export function isBuilt(): boolean {
  return existsSync(join(root, 'dist', 'nodes', 'ftte-federation', 'ftte-federation.js'));
}

/** Puts this package where a palette install would have put it in a user directory of Node-RED, as a link. */
export function linkPackage(userDir: string): void {
  const target = join(userDir, 'node_modules', '@ftte', 'node-red-ftte');
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true });
  // A junction needs no privilege on Windows; elsewhere the word is ignored.
  symlinkSync(root, target, 'junction');
}
