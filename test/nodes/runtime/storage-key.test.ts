import assert from 'node:assert/strict';
import { storageKey } from '../../../nodes/runtime';

describe('the key of a node for its files', () => {
  const keyOf = (credentialSecret?: unknown) =>
    storageKey({ settings: { credentialSecret } } as unknown as Parameters<typeof storageKey>[0]);

  it('is derived from the credential secret, always the same', () => {
    const key = keyOf('a secret');
    assert.equal(key?.length, 32);
    assert.deepEqual(keyOf('a secret'), key);
    assert.notDeepEqual(keyOf('another secret'), key);
    assert.ok(!Buffer.from(key ?? []).includes('a secret'), 'the secret itself is in the key');
  });

  for (const [what, secret] of [
    ['none is set', undefined],
    ['it is switched off', false],
    ['it is empty', ''],
  ] as const)
    it(`is missing if ${what}`, () => {
      assert.equal(keyOf(secret), undefined);
    });
});
