import { join } from 'node:path';

/** Folder of Node-RED: `FTTE_NODE_RED` names a package folder of another version than the project's own. */
export function nodeRedFolder(): string {
  return process.env['FTTE_NODE_RED'] ?? join(__dirname, '..', '..', '..', 'node_modules', 'node-red');
}
