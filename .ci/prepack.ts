import { rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * cbor-x names a native extractor as its optional dependency; npm would compile it on machines for which there is no
 * prebuilt one. We bundle cbor-x, which stops npm from looking for the extractor, and take the extractor's packages
 * out of the tree first so that they are not bundled with it. Nothing misses them: the wire room never loads them.
 */
const modules = join(__dirname, '..', 'node_modules');
for (const name of ['cbor-extract', '@cbor-extract', 'node-gyp-build-optional-packages', 'detect-libc']) {
  rmSync(join(modules, name), { recursive: true, force: true });
}
