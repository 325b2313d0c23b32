import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { SeededRandom } from '../../../gateway/platform';
import {
  Identity,
  type Invitation,
  InvitationBook,
  invitationText,
  isProof,
  makeInvitation,
  type PublicKey,
  proofKeyOf,
  proveInvitation,
  type RefusalReason,
  readInvitation,
  refusalOf,
} from '../../../gateway/security';
import { encodeDeterministic } from '../../../gateway/security/cbor/encode';
import { hexOf, refused, refusesCleanly, seededEntropy } from './support';

const coordinator = Identity.create(seededEntropy('coordinator')).publicKey;
const now = Date.UTC(2026, 0, 1);
const invitation = makeInvitation(
  {
    federation: 'clinic',
    broker: 'mqtts://broker.example:8883',
    coordinator,
    expiresMs: now + 7 * 86_400_000 + 999,
    uses: 1,
    credentials: { user: 'ftte', password: 'a pass word' },
    suggestedId: 'gw-7',
  },
  seededEntropy('invitation'),
);
const text = invitationText(invitation);
const read = (line: string, federation?: string, nowMs = now) =>
  readInvitation(line, { nowMs, ...(federation !== undefined && { federation }) });

const plain = (value: Invitation) => ({ ...value, coordinator: hexOf(value.coordinator.bytes) });

/** P-23: each way in which an invitation fails, and what its error asks for. */
const failures: readonly [string, () => unknown, RefusalReason, RegExp][] = [
  ['an empty text', () => read(''), 'invitation-form', /Copy the whole line/],
  ['another text', () => read('mqtt://broker.example'), 'invitation-form', /Copy the whole line/],
  ['its end without its beginning', () => read(text.slice(6)), 'invitation-form', /holds no ftte1:/],
  ['a newer form', () => read(text.replace('ftte1', 'ftte2')), 'invitation-version', /form 2.*Update/],
  [
    'half of it',
    () => read(text.slice(0, text.length / 2)),
    'invitation-cut',
    /of \d+ bytes.*Copy the whole line/,
  ],
  ['all but its last character', () => read(text.slice(0, -1)), 'invitation-cut', /Copy the whole line/],
  ['its beginning only', () => read('ftte1:'), 'invitation-cut', /Copy the whole line/],
  ['more than it', () => read(`${text}AAAA`), 'invitation-mistyped', /checksum.*ask for it again/],
  ['a character that base64url has not', () => read(text.replace('e', 'é')), 'invitation-form', /ftte1/],
  ['a full stop inside', () => read(`${text.slice(0, 30)}.${text.slice(31)}`), 'invitation-mistyped', /"\."/],
  [
    'its time over',
    () => read(text, undefined, now + 8 * 86_400_000),
    'invitation-expired',
    /2026-01-08.*clock.*2026-01-09/,
  ],
  ['another federation', () => read(text, 'factory'), 'invitation-federation', /clinic.*factory/],
];

describe('an invitation (P-23)', () => {
  it('is one line, and says everything that it was made of', () => {
    assert.match(text, /^ftte1:[A-Za-z0-9_-]+$/);
    assert.ok(text.length < 300, `${text.length} characters`);
    assert.deepEqual(plain(read(text, 'clinic')), plain(invitation));
  });

  it('survives what mail programs, chats and people do to a line', () => {
    const wrapped = text.replace(/.{40}/g, '$&\r\n  ');
    for (const line of [
      `  ${text}\n`,
      wrapped,
      `"${text}"`,
      `<${text}>`,
      `Your invitation: ${text}`,
      text.replace('ftte1', 'FTTE1'),
    ])
      assert.equal(read(line).suggestedId, 'gw-7');
  });

  for (const [what, call, reason, words] of failures)
    it(`says what is wrong with ${what}, and what to do`, () => {
      assert.match(refused(reason, call).message, words);
    });

  it('is refused with any one character changed, whichever it is', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const bytesOfText = (line: string) => Buffer.from(line.slice(6), 'base64url').toString('hex');
    for (let at = 6; at < text.length; at++)
      for (const other of alphabet) {
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        // The last character has bits that mean nothing.
        if (bytesOfText(changed) === bytesOfText(text)) continue;
        refused('invitation-mistyped', () => read(changed));
      }
  });

  it('is refused with two neighbouring characters exchanged, or one lost or doubled', () => {
    for (let at = 6; at < text.length - 1; at++) {
      const [a, b] = [text[at]!, text[at + 1]!];
      const changes = [
        a === b ? '' : text.slice(0, at) + b + a + text.slice(at + 2),
        text.slice(0, at) + text.slice(at + 1),
        text.slice(0, at) + a + text.slice(at),
      ];
      for (const changed of changes)
        if (changed)
          assert.ok(
            refusesCleanly(() => read(changed)),
            changed,
          );
    }
  });

  it('has no error with its secret or its password, whatever was done to it (P-30)', () => {
    const secrets = [
      hexOf(invitation.secret),
      'a pass word',
      Buffer.from(invitation.secret).toString('base64url'),
    ];
    for (let cut = 0; cut < text.length; cut += 3) {
      try {
        read(text.slice(0, cut));
      } catch (error) {
        for (const secret of [...secrets, text.slice(20, 60)]) assert.ok(!inspect(error).includes(secret));
      }
    }
  });

  it('carries any names, addresses and credentials', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);
    const credential = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(
        name,
        name,
        credential,
        credential,
        fc.integer({ min: 1, max: 10_000 }),
        (federation, id, user, password, uses) => {
          const some = makeInvitation({
            federation,
            broker: 'ws://10.0.0.1:1880/mqtt',
            coordinator,
            expiresMs: now + 1_000,
            uses,
            credentials: { user, password },
            suggestedId: id,
          });
          assert.deepEqual(plain(read(invitationText(some))), plain(some));
        },
      ),
    );
  });

  it('is read with the error of this room, and nothing else, from any text', () => {
    const random = new SeededRandom(6);
    for (let i = 0; i < 3_000; i++) {
      const bytes = Buffer.from(Array.from({ length: random.integer(200) }, () => random.integer(256)));
      refusesCleanly(() => read(`ftte1:${bytes.toString('base64url')}`));
      refusesCleanly(() => read(bytes.toString('latin1')));
    }
    refusesCleanly(() => read('ftte1:'.repeat(1_000_000)));
  });

  it('with content that no program of ours makes is refused, although its checksum is right', () => {
    const make = (changes: Partial<Invitation>) => invitationText({ ...invitation, ...changes });
    const cases: Partial<Invitation>[] = [
      { federation: 'no/name' },
      { broker: 'https://broker.example' },
      { broker: 'broker' },
      { broker: `mqtt://${'x'.repeat(600)}` },
      { id: new Uint8Array(3) },
      { secret: new Uint8Array(8) },
      { uses: 1_000_000 },
      { suggestedId: '#' },
      { credentials: { user: 'x'.repeat(300), password: '' } },
      { coordinator: { bytes: new Uint8Array(32) } as PublicKey },
    ];
    for (const changes of cases) refused('invitation-mistyped', () => read(make(changes)));
  });
});

describe('the proof of an invitation (P-24)', () => {
  const key = Identity.create(seededEntropy('gw-7')).publicKey;
  const other = Identity.create(seededEntropy('mallory')).publicKey;
  const applicant = { federation: 'clinic', gateway: 'gw-7', key, coordinator };
  const proof = proveInvitation(invitation, applicant);
  const proofKey = proofKeyOf(invitation.secret);

  it('fits one gateway, key, federation, coordinator and invitation', () => {
    assert.ok(isProof(proof, proofKey, applicant));
    for (const change of [{ federation: 'x' }, { gateway: 'gw-8' }, { key: other }, { coordinator: other }])
      assert.ok(!isProof(proof, proofKey, { ...applicant, ...change }));
    assert.ok(!isProof({ ...proof, id: new Uint8Array(8) }, proofKey, applicant));
    assert.ok(!isProof(proof, proofKeyOf(new Uint8Array(16)), applicant));
    assert.ok(!isProof({ ...proof, proof: proof.proof.subarray(1) }, proofKey, applicant));
  });

  /** P-25 at the coordinator: what was tried, and what its error asks for. */
  const cases: readonly [string, (book: InvitationBook) => unknown, RefusalReason, RegExp][] = [
    [
      'an invitation of somebody else',
      () => new InvitationBook().use(proof, applicant, now),
      'invitation-unknown',
      /Make a new one/,
    ],
    [
      'a proof for another key',
      (book) => book.use(proof, { ...applicant, key: other }, now),
      'invitation-proof',
      /Somebody else/,
    ],
    [
      'an invitation that is over',
      (book) => book.use(proof, applicant, invitation.expiresMs),
      'invitation-expired',
      /new one/,
    ],
    [
      'a second use',
      (book) => {
        book.use(proof, applicant, now);
        book.use(proof, applicant, now);
      },
      'invitation-used',
      /revoke the member/,
    ],
    [
      'one that was withdrawn',
      (book) => {
        book.withdraw(hexOf(invitation.id));
        book.use(proof, applicant, now);
      },
      'invitation-used',
      /withdrawn/,
    ],
    [
      'a proof that is wrong for one that is over, which says nothing of its end',
      (book) => book.use({ ...proof, proof: new Uint8Array(32) }, applicant, invitation.expiresMs),
      'invitation-proof',
      /does not prove/,
    ],
  ];
  for (const [what, call, reason, words] of cases)
    it(`is refused by the coordinator: ${what} (P-25)`, () => {
      const book = new InvitationBook();
      book.add(invitation, now);
      assert.match(refused(reason, () => call(book)).message, words);
    });

  it('is checked without the secret, which the coordinator does not keep (P-25)', () => {
    const book = new InvitationBook();
    const record = book.add(invitation, now, 'for bed 7');
    const kept =
      JSON.stringify(record) + hexOf(record.proofKey) + hexOf(encodeDeterministic(record.proofKey));
    assert.ok(!kept.includes(hexOf(invitation.secret)));
    const later = new InvitationBook(book.all);
    assert.equal(later.use(proof, applicant, now).usesLeft, 0);
  });

  it('counts for as many gateways as the operator said, and a use can be given back', () => {
    const book = new InvitationBook();
    const shared = { ...invitation, uses: 3 };
    book.add(shared, now);
    const use = (id: string) => {
      const who = { ...applicant, gateway: id };
      return book.use(proveInvitation(shared, who), who, now).usesLeft;
    };
    assert.deepEqual(['a', 'b', 'c'].map(use), [2, 1, 0]);
    refused('invitation-used', () => use('d'));
    book.giveBack(hexOf(shared.id));
    assert.equal(use('d'), 0);
  });

  it('says which reason it has to programs, too', () => {
    const error = refused('invitation-unknown', () => new InvitationBook().use(proof, applicant, now));
    assert.equal(refusalOf(error), 'invitation-unknown');
    assert.equal(error.rule, 'P-25');
  });
});
