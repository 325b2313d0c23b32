import { equal, notEqual, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { runSync } from '../../../gateway/platform';
import { versionDigest } from '../../../gateway/wire';

const version = { lineage: '0123456789abcdef', version: 258 };
const parameters = Float32Array.of(1, -0.5, 2 ** -126);
const digest = (of = version, values = parameters) => runSync(versionDigest(of, values));

describe('the digest of a version', () => {
  it('is made of the bytes that docs/protocol.md names', () => {
    const bytes = Buffer.from(
      '0123456789abcdef' + '0201000000000000' + '0000803f' + '000000bf' + '00008000',
      'hex',
    );
    equal(digest(), createHash('sha256').update(bytes).digest('hex').slice(0, 16));
  });

  it('differs if a bit of the parameters, the lineage or the version does', () => {
    const changed = parameters.slice();
    new Uint8Array(changed.buffer)[4]! ^= 1;
    const all = [
      digest(),
      digest(version, changed),
      digest(version, Float32Array.of(1, -0.5, 0)),
      digest({ ...version, version: 259 }),
      digest({ ...version, lineage: '0123456789abcdee' }),
    ];
    equal(new Set(all).size, all.length);
    notEqual(digest(version, Float32Array.of(0)), digest(version, Float32Array.of(-0)));
  });

  it('is that of a part of a larger memory, and pauses in a large model', () => {
    const large = Float32Array.from({ length: 1_000_000 }, (_, i) => i / 7);
    const part = large.subarray(3, 900_000);
    equal(digest(version, part), digest(version, part.slice()));
    const steps = versionDigest(version, large);
    let pauses = 0;
    while (!steps.next().done) pauses++;
    ok(pauses >= 7, `${pauses}`);
  });
});
