import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Digest of the code that a run is made of, 12 hex digits: results of other code are not those of this one.
 * @param bench folder of the benchmark
 */
export function codeDigest(bench: string): string {
  const root = join(__dirname, '..', '..');
  const hash = createHash('sha256');
  for (const folder of ['gateway', bench])
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort())
      if (name.endsWith('.ts')) hash.update(name).update(readFileSync(join(root, folder, name)));
  return hash.digest('hex').slice(0, 12);
}
