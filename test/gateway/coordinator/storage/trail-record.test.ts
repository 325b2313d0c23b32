import { equal, ok } from 'node:assert/strict';
import { decodeTrail, encodeStep, encodeWhole } from '../../../../gateway/coordinator/storage/trail-record';
import { runSync, SeededRandom } from '../../../../gateway/platform';
import { encodings, type TensorEncoding } from '../../../../gateway/wire';

describe('a file of the trail', () => {
  const [size, versions, lineage] = [20_000, 4, '0123456789abcdef'];
  const random = new SeededRandom(1);
  const normal = () => Float32Array.from({ length: size }, () => random.normal());

  for (const encoding of Object.keys(encodings) as TensorEncoding[]) {
    it(`is read with pauses, after each version and within a long one (${encoding})`, () => {
      const parts = runSync(encodeWhole(lineage, 0, normal()));
      const segments = [{ offset: 0, length: size }];
      for (let to = 1; to <= versions; to++) {
        const change = { segments, delta: { encoding, values: normal() } };
        parts.push(...runSync(encodeStep(lineage, { from: to - 1, before: normal(), to, change })));
      }
      const steps = decodeTrail(Buffer.concat(parts));
      let pauses = 0;
      let step = steps.next();
      for (; !step.done; step = steps.next()) pauses++;
      equal(step.value.length, versions + 1);
      // A coarse change takes a pause for each 8192 values.
      const fewest = encoding === 'coarse' || encoding === 'dithered' ? 1 + 3 * versions : versions + 1;
      ok(pauses >= fewest, `${pauses} pauses`);
    });
  }
});
