import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { encrypt0, externalData, Identity, readEncrypt0, readSign1, sign1 } from '../../../gateway/security';
import { askPython, withoutPython } from './python';
import { bytesOf, hexOf, seededEntropy } from './support';

describe(`COSE in another implementation, pycose${withoutPython}`, () => {
  if (withoutPython) return it.skip('has the same bytes');
  const entropy = seededEntropy('python');
  const lengths = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 100_000];
  const cases = lengths.map((length, i) => {
    const seed = entropy(32);
    return {
      seed,
      identity: new Identity(seed),
      payload: entropy(length),
      topic: `ftte/v2/clinic/gw/gw-${i}/hello`,
    };
  });

  it('signs the same bytes, and reads ours', () => {
    const ours = cases.map(({ identity, payload, topic }) =>
      sign1(identity, payload, externalData(topic), { keyId: identity.publicKey.id }),
    );
    const common = cases.map(({ identity, payload, topic, seed }) => ({
      seed: hexOf(seed),
      publicKey: hexOf(identity.publicKey.bytes),
      keyId: hexOf(identity.publicKey.id),
      payload: hexOf(payload),
      external: hexOf(externalData(topic)),
    }));
    assert.deepEqual(askPython(common.map((each) => ({ do: 'sign', ...each }))), ours.map(hexOf));
    assert.deepEqual(
      askPython(common.map((each, i) => ({ do: 'verify', ...each, bytes: hexOf(ours[i]!) }))),
      common.map(({ payload }) => [true, payload]),
    );
    for (const [i, { identity, payload, topic }] of cases.entries()) {
      const read = readSign1(ours[i]!);
      read.verify(identity.publicKey, externalData(topic));
      assert.deepEqual(Uint8Array.from(read.payload), payload);
    }
  });

  it('seals the same bytes, and opens ours', () => {
    const key = entropy(32);
    const nonce = entropy(12);
    const partialIv = Uint8Array.of(1, 2);
    const ours = cases.map(({ payload, topic }) =>
      encrypt0(createSecretKey(key), nonce, payload, externalData(topic), { partialIv }),
    );
    const common = cases.map(({ payload, topic }) => ({
      key: hexOf(key),
      nonce: hexOf(nonce),
      partialIv: hexOf(partialIv),
      payload: hexOf(payload),
      external: hexOf(externalData(topic)),
    }));
    const theirs = askPython<string>(common.map((each) => ({ do: 'seal', ...each })));
    assert.deepEqual(theirs, ours.map(hexOf));
    assert.deepEqual(
      askPython(common.map((each, i) => ({ do: 'open', ...each, bytes: hexOf(ours[i]!) }))),
      common.map(({ payload }) => payload),
    );
    for (const [i, { payload, topic }] of cases.entries()) {
      const opened = readEncrypt0(bytesOf(theirs[i]!)).open(createSecretKey(key), nonce, externalData(topic));
      assert.deepEqual(opened, payload);
    }
  });

  it('has the same key thumbprints (RFC 9679, P-9)', () => {
    const keys = cases.map(({ identity }) => identity.publicKey);
    assert.deepEqual(
      askPython(keys.map(({ bytes }) => ({ do: 'thumbprint', publicKey: hexOf(bytes) }))),
      keys.map(({ thumbprint }) => hexOf(thumbprint)),
    );
  });
});
