import assert from 'node:assert/strict';
import { type FuzzSettings, fuzz } from '../../bench/fuzz/fuzz-run';
import { fuzzTexts } from '../../bench/fuzz/text-fuzz';

const settings = { granted: false, messages: 1_200, seed: 7 } as const;

describe('mutated messages', () => {
  for (const [what, changes] of [
    ['all of them, in a federation with invitations', { form: 'protected', kind: 'any' }],
    [
      'all of them, in a federation with invitations and grants',
      { form: 'protected', kind: 'any', granted: true },
    ],
    ['those that are broken, in an open federation', { form: 'plain', kind: 'broken' }],
  ] as [string, Partial<FuzzSettings>][])
    it(`crash nothing, and change no bit of a model: ${what}`, async () => {
      const result = await fuzz({ form: 'plain', kind: 'broken', ...settings, ...changes });
      assert.deepEqual(result.crashes, []);
      assert.deepEqual(result.differences, []);
      assert.ok(result.heapMB < 10, `the heap grew by ${result.heapMB} MB`);
    });

  it('that are valid nevertheless crash nothing, and are noticed by the comparison in an open federation', async () => {
    const result = await fuzz({ form: 'plain', kind: 'valid', ...settings });
    assert.deepEqual(result.crashes, []);
    assert.notDeepEqual(result.differences, []);
  });

  it('have companions on paper and on disk: invitations, keys and files of members are refused, never misread', async () => {
    for (const { what, crashes, inputs, taken } of await fuzzTexts(200, 7)) {
      assert.deepEqual(crashes, [], what);
      assert.ok(taken < inputs / 2, `${what}: ${taken} of ${inputs} were taken`);
    }
  });
});
