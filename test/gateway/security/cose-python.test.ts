import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import {
  brokerLogin,
  encrypt0,
  externalData,
  Identity,
  type Invitation,
  invitationText,
  makeInvitation,
  proofKeyOf,
  proveInvitation,
  readEncrypt0,
  readSign1,
  sign1,
} from '../../../gateway/security';
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

  it('reads invitations with every label, proves them, and computes the login of a gateway at a hosted broker', () => {
    const [{ identity: coordinator }, { identity }] = [cases[0]!, cases[1]!];
    const common = {
      federation: 'clinic',
      broker: 'mqtts://10.0.0.5:8883',
      coordinator: coordinator.publicKey,
      expiresMs: 1_900_000_000_000,
      uses: 3,
    };
    const invitations: Invitation[] = [
      makeInvitation({ ...common, ownLogin: true, authority: entropy(600) }, entropy),
      makeInvitation(
        { ...common, uses: 1, suggestedId: 'bed-7', credentials: { user: 'u', password: 'p' } },
        entropy,
      ),
    ];
    const gateway = 'bed-7';
    const answers = askPython<{ fields: Record<string, unknown>; proof: string; login: unknown }>(
      invitations.map((each) => ({
        do: 'invitation',
        text: invitationText(each),
        gateway,
        publicKey: hexOf(identity.publicKey.bytes),
      })),
    );
    for (const [i, invitation] of invitations.entries()) {
      const { id, secret, credentials, suggestedId, ownLogin, authority, uses } = invitation;
      const applicant = {
        federation: 'clinic',
        gateway,
        key: identity.publicKey,
        coordinator: coordinator.publicKey,
      };
      const login = brokerLogin({ id: hexOf(id), proofKey: proofKeyOf(secret) }, 'clinic', gateway);
      assert.deepEqual(answers[i], {
        fields: {
          1: common.federation,
          2: common.broker,
          3: hexOf(coordinator.publicKey.bytes),
          4: hexOf(id),
          5: hexOf(secret),
          6: common.expiresMs / 1_000,
          7: uses,
          ...(credentials && { 8: credentials.user, 9: credentials.password }),
          ...(suggestedId && { 10: suggestedId }),
          ...(ownLogin && { 11: 1 }),
          ...(authority && { 12: hexOf(authority) }),
        },
        proof: hexOf(proveInvitation(invitation, applicant).proof),
        login: ownLogin ? [login.user, login.password] : null,
      });
    }
  });
});
