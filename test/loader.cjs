'use strict';
/**
 * The first module of a process of the tests: `tsx`, and the built package in place of its sources while it is current.
 * The build loads in half the time, and its threads start in a third. If a source is newer than the build, or the build did
 * not end, or sources are watched, all is loaded from the sources.
 */
const { readFileSync, readdirSync, statSync } = require('node:fs');
const Module = require('node:module');
const { join, sep } = require('node:path');

const plain = { resolve: Module._resolveFilename, js: Module._extensions['.js'] };
require('tsx/cjs');

const root = join(__dirname, '..');
const rooms = ['gateway', 'nodes'].map((room) => join(root, room));
const dist = join(root, 'dist') + sep;
const modules = `${sep}node_modules${sep}`;
const notBuilt = join(root, 'gateway', 'engine', 'assembly') + sep;

/** Whether the last build ended, and nothing below the rooms was written, made or removed since. */
function isBuilt() {
  const record = join(root, '.ci', '.cache', 'built.json');
  try {
    const { typescript, assets } = JSON.parse(readFileSync(record, 'utf8'));
    const built = statSync(record).mtimeMs;
    return Boolean(typescript && assets) && rooms.every((room) => isOlder(room, built));
  } catch {
    return false; // never built
  }
}

function isOlder(folder, time) {
  if (statSync(folder).mtimeMs > time) return false;
  return readdirSync(folder, { withFileTypes: true }).every((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? isOlder(path, time) : statSync(path).mtimeMs <= time;
  });
}

/** JavaScript as it is, for which `tsx` would look at each file and at each name that it requires. */
const isJavaScript = (path) => path.startsWith(dist) || path.includes(modules);

const resolve = Module._resolveFilename;
const built = !process.argv.includes('--watch') && isBuilt();
Module._resolveFilename = (request, parent, ...rest) => {
  if (parent?.filename && isJavaScript(parent.filename))
    return plain.resolve.call(Module, request, parent, ...rest);
  const path = resolve.call(Module, request, parent, ...rest);
  if (!built || !path.endsWith('.ts') || path.startsWith(notBuilt)) return path;
  if (!rooms.some((room) => path.startsWith(room + sep))) return path;
  return join(dist, `${path.slice(root.length, -3)}.js`);
};

const load = Module._extensions['.js'];
Module._extensions['.js'] = (module, path) => (isJavaScript(path) ? plain.js : load)(module, path);
