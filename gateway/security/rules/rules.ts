/**
 * The rules of the envelope, one sentence each: code and tests cite the numbers, and the table in docs/protocol.md is this
 * one.
 */
export const rules = {
  // The envelope.
  'P-1':
    'A message is one COSE structure (RFC 9052) with its tag: COSE_Sign1 (18) or COSE_Encrypt0 (16). A map, which is a message without this envelope, is refused with a reason of its own.',
  'P-2':
    'All CBOR is deterministic (RFC 8949, section 4.2.1): definite and shortest lengths, keys ascending and once, nothing after the end. A reader refuses any other form.',
  'P-3':
    'Signatures are EdDSA with Ed25519 (-8), encryption is A256GCM (3), and the protected header says so. A reader refuses every other algorithm.',
  'P-4':
    'The external authenticated data is the array [2, topic], so that a message opens on its own topic and in this version only.',
  'P-5':
    'Headers hold the labels 1 (algorithm), 3 (content type), 4 (key id), 5 (IV) and 6 (Partial IV), each once in both headers together. A reader refuses every other label.',
  'P-6': 'A message has at most 16 MiB of payload and 1 KiB around it, and a hello at most 8 KiB in all.',
  // Identities.
  'P-7':
    'The identity of a gateway or coordinator is an Ed25519 key that is made on its machine. Its private half is in one file that only the owner can read, and in no message, log or flow.',
  'P-8': 'A public key has 32 bytes, is the canonical form of a point, and is not of small order.',
  'P-9':
    'The fingerprint for people is the first 80 bits of the SHA-256 COSE key thumbprint (RFC 9679) in base32, in four groups; the key id is its first 8 bytes.',
  'P-10':
    'A key is made only if there is no key file and no membership that needs one. A file that is lost, unreadable or damaged is reported and never replaced.',
  'P-11':
    'The key of a coordinator leaves its machine only as text that is encrypted under a passphrase (scrypt, AES-256-GCM). A damaged text and a wrong passphrase have different errors.',
  // Pairs.
  'P-12':
    'A claim is signed by the coordinator and names federation, term, run and an X25519 key that is new in each run. A gateway accepts only the coordinator key that it has pinned.',
  'P-13':
    'Term and run of the claims that a gateway accepts never go down, and one run has one X25519 key. A claim of term 0 is a question among coordinators: no gateway answers it.',
  'P-14':
    'A hello is signed with the key that it names, and names federation, gateway, coordinator key, the X25519 key of the claim that it answers, and its own X25519 key.',
  'P-15':
    'A gateway uses its X25519 key for one claim only. The pair (run, number) of its hellos goes up; the newest hello again changes nothing, and an earlier one is refused.',
  'P-16':
    'Keys of a pair are HKDF-SHA-256 (RFC 5869) of the X25519 secret, with version, direction, federation, gateway, both identity keys and both X25519 keys in the info.',
  'P-17':
    'Each direction has its own key. The nonce is the context IV of the key XOR the counter (Partial IV, RFC 9052, section 3.1), and a sender uses each counter once.',
  'P-18':
    'Under one key, the counters that a receiver accepts on one topic go up strictly: QoS 1 repetitions and replays are refused as repeated. The newest message of a retained topic may come again, and order across topics has no meaning.',
  'P-19': 'A key seals at most 2^32 messages. Then it seals no more, and the pair is made again.',
  'P-20': 'An X25519 secret of zeros is refused.',
  // Broadcasts.
  'P-21':
    'A broadcast is signed by the coordinator and then sealed under the group key. The signature covers [2, topic, epoch, counter] of the seal, so that no member can speak for the coordinator or repeat it.',
  'P-22':
    'The group key comes with its epoch in the pairwise welcome. It is new in each run of the coordinator and after each revocation, and a revoked member receives no welcome.',
  // Invitations.
  'P-23':
    'An invitation is one line of text with length and checksum. Text that is cut off, mistyped, of a newer form, expired, used or for another federation has an error of its own.',
  'P-24':
    'The first hello of a gateway proves the invitation: HMAC-SHA-256 under the key from its secret, over federation, invitation, coordinator key, gateway and gateway key.',
  'P-25':
    'The coordinator keeps id, proof key, expiry and uses of an invitation, not its secret, and compares proofs in constant time. A use is on disk before the gateway is a member.',
  // Members.
  'P-26':
    'The id of a member is bound to its key. Another key under a known id is refused, with both fingerprints. The id of the coordinator is known.',
  'P-27':
    'A revoked member is refused in hello and in updates until it is readmitted with the same key, or joins again.',
  'P-28':
    'Updates of a member carry a counter that goes up, and each counter counts once: if it is above the highest one, or at most 255 below it and new. The welcome says where to continue. An update without one is refused.',
  'P-29':
    'A hello of an earlier run, or another update under a used counter, means that two machines hold one key, or that a backup was restored: it is refused and reported. A hello of a later run refuses the one before it, so that its machine learns of the other.',
  // Errors.
  'P-30':
    'No error, log line or text form of an object holds a private key, a secret, a passphrase or a password.',
  // The door of a session.
  'P-31':
    'Presence, also as the Last Will, is signed by the gateway that it is about, with its run and a number that goes up, or by the coordinator about itself. It needs no pair. A coordinator refuses one that is not the newest, and lets it wait for the hello of its run.',
  'P-32':
    'A gateway seals nothing for roles before a welcome under the keys of its newest pair. Until then their messages wait, and so does the newest retained broadcast of each topic.',
  'P-33':
    'A hello whose sender is not let in is answered with a refusal, which the coordinator signs and which names federation, gateway, hello and reason. A gateway takes only refusals of its own hellos. At most 20 are sent in 10 s.',
  'P-34':
    'At a broker that the coordinator hosts, each gateway has a user of its own, which both sides compute from the invitation. It has the rights of that gateway alone, for a member and while the invitation can be used, and ends with the membership.',
  'P-35':
    'A coordinator handles at most 2000 messages per second of one member, after 8192 at once. The others are dropped before they are opened, and counted. Only messages that the member has sealed or signed count.',
  'P-36':
    'A coordinator verifies at most 100 signatures per second in vain, after 1000 at once: of hellos of gateways that are no members, of hellos in the name of members, and of presences, each for itself. Further ones are dropped before that, and counted.',
} as const;

/** The number of a rule. */
export type Rule = keyof typeof rules;
