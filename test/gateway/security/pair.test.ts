import assert from 'node:assert/strict';
import { createHmac, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { SeededRandom } from '../../../gateway/platform';
import {
  ClaimOrder,
  deriveMaterial,
  EphemeralKey,
  externalData,
  Identity,
  makePair,
  mostMessages,
  nextRun,
  Opener,
  readClaim,
  readEncrypt0,
  Sealer,
  sign1,
  signClaim,
} from '../../../gateway/security';
import { encodeDeterministic } from '../../../gateway/security/cbor/encode';
import { federation, greet, makeCoordinator, makeGateway, meet, topics } from './federation';
import { askPython, withoutPython } from './python';
import {
  bytesOf,
  disturbed,
  hexOf,
  noise,
  refused,
  refusedLater,
  refusesCleanly,
  seededEntropy,
  utf8,
} from './support';

const material = deriveMaterial(new Uint8Array(32).fill(7), ['a test']);
const topic = topics.update('gw-1');

/** RFC 7748, section 6.1. */
const alice = '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a';
const bob = '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb';

describe('X25519', () => {
  it('is that of RFC 7748, section 6.1', () => {
    const [one, other] = [alice, bob].map((hex) => new EphemeralKey(() => bytesOf(hex)));
    assert.equal(hexOf(one!.publicBytes), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    assert.equal(
      hexOf(other!.publicBytes),
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    );
    const secret = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
    assert.equal(hexOf(one!.secretWith(other!.publicBytes)), secret);
    assert.equal(hexOf(other!.secretWith(one!.publicBytes)), secret);
  });

  const small = [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
  ];
  for (const hex of small)
    it(`refuses a key of small order, which gives a secret of zeros: ${hex} (P-20)`, () => {
      refused('zero-secret', () => new EphemeralKey().secretWith(bytesOf(hex)));
    });

  it('refuses bytes that are no key', () => {
    for (const length of [0, 31, 33])
      refused('zero-secret', () => new EphemeralKey().secretWith(new Uint8Array(length)));
  });
});

describe('sealed messages', () => {
  it('have keys by HKDF-SHA-256, as computed from HMAC alone (RFC 5869, P-16)', () => {
    const secret = seededEntropy('hkdf')(32);
    const { key, contextIv } = deriveMaterial(secret, ['a', 1]);
    const extracted = createHmac('sha256', new Uint8Array(32)).update(secret).digest();
    const info = encodeDeterministic(['a', 1]);
    const first = createHmac('sha256', extracted).update(info).update(Uint8Array.of(1)).digest();
    const second = createHmac('sha256', extracted)
      .update(first)
      .update(info)
      .update(Uint8Array.of(2))
      .digest();
    assert.deepEqual(key.export(), first);
    assert.deepEqual(hexOf(contextIv), hexOf(second.subarray(0, 12)));
  });

  it('have the nonce of RFC 9052: context IV XOR Partial IV, each counter once (P-17)', () => {
    const sealer = new Sealer(material);
    const nonces = new Set<string>();
    for (let i = 0; i < 300; i++) {
      const sealed = readEncrypt0(sealer.seal(topic, utf8('x')));
      const counter = Buffer.from(sealed.headers.partialIv!).readUIntBE(0, sealed.headers.partialIv!.length);
      assert.equal(counter, i);
      const nonce = Uint8Array.from(material.contextIv);
      nonce[11]! ^= i & 0xff;
      nonce[10]! ^= i >> 8;
      assert.deepEqual(sealed.open(material.key, nonce, encodeDeterministic([2, topic])), utf8('x'));
      nonces.add(hexOf(nonce));
    }
    assert.equal(nonces.size, 300);
  });

  it('do not use a counter again after a message that could not be made', () => {
    const sealer = new Sealer(material);
    assert.throws(() => sealer.seal(topic, () => assert.fail('no content')));
    assert.equal(hexOf(readEncrypt0(sealer.seal(topic, utf8('x'))).headers.partialIv!), '01');
  });

  it('end after 2^32 of them (P-19)', () => {
    const sealer = new Sealer(material, undefined, mostMessages - 1);
    const last = sealer.seal(topic, utf8('x'));
    assert.equal(new Opener(material).open(topic, last).counter, mostMessages - 1);
    refused('exhausted', () => sealer.seal(topic, utf8('x')));
  });

  it('open once: repetitions and replays are refused, on each topic by itself (P-18)', () => {
    const [sealer, opener] = [new Sealer(material), new Opener(material)];
    const other = topics.ready('gw-1');
    const sent = [topic, other, topic, other, topic].map((on) => ({ on, bytes: sealer.seal(on, utf8(on)) }));
    // The broker delivers one topic late, and everything twice.
    const arrivals = [0, 2, 2, 0, 1, 4, 3, 3, 1, 4];
    const opened = arrivals.filter((i) => !refusesCleanly(() => opener.open(sent[i]!.on, sent[i]!.bytes)));
    assert.deepEqual(opened, [0, 2, 1, 4, 3]);
    refused('repeated', () => opener.open(topic, sent[4]!.bytes));
  });

  it('of a retained topic open again if they are the newest (P-18)', () => {
    const [sealer, opener] = [new Sealer(material), new Opener(material)];
    const [one, two] = [sealer.seal(topic, utf8('1')), sealer.seal(topic, utf8('2'))];
    const mayRepeat = true;
    for (const bytes of [one, one, two, two]) opener.open(topic, bytes, { mayRepeat });
    refused('repeated', () => opener.open(topic, one, { mayRepeat }));
    refused('repeated', () => opener.open(topic, two));
  });

  it('that are forged or refused by their reader change nothing: the real one still opens', () => {
    const [sealer, opener] = [new Sealer(material), new Opener(material)];
    const real = sealer.seal(topic, utf8('real'));
    const forged = new Sealer(deriveMaterial(new Uint8Array(32), ['another']), undefined, 4_000_000).seal(
      topic,
      utf8('x'),
    );
    refused('forged', () => opener.open(topic, forged));
    const check = () => {
      throw new Error('refused');
    };
    assert.throws(() => opener.open(topic, sealer.seal(topic, utf8('y')), { check }), /refused/);
    assert.deepEqual(opener.open(topic, real).payload, utf8('real'));
  });

  it('need a Partial IV in its shortest form', () => {
    for (const partialIv of [
      undefined,
      bytesOf('0001'),
      bytesOf('0100000000'),
      bytesOf('ffffffffffffffff'),
    ]) {
      const sealed = { headers: { ...(partialIv && { partialIv }) }, open: () => new Uint8Array(0) };
      refused('header', () => new Opener(material).open(topic, sealed));
    }
  });

  it('on many topics do not grow the memory of their receiver', () => {
    const [sealer, opener] = [new Sealer(material), new Opener(material)];
    const topicOf = (i: number) => `${topic}/${i}`;
    for (let i = 0; i < 64; i++) opener.open(topicOf(i), sealer.seal(topicOf(i), utf8('')));
    refused('oversize', () => opener.open(topicOf(64), sealer.seal(topicOf(64), utf8(''))));
  });

  it('arrive exactly once in order on each topic, whatever a broker repeats, delays between topics and changes', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 30 }), (seed, count) => {
        const random = new SeededRandom(seed);
        const [sealer, opener] = [new Sealer(material), new Opener(material)];
        const on = ['a', 'b', 'c'];
        const queues = new Map(on.map((name) => [name, [] as { bytes: Uint8Array; content: number }[]]));
        for (let i = 0; i < count; i++) {
          const name = on[random.integer(3)]!;
          queues.get(name)!.push({ bytes: sealer.seal(name, Uint8Array.of(i)), content: i });
        }
        const received = new Map(on.map((name) => [name, [] as number[]]));
        const places = new Map(on.map((name) => [name, 0]));
        for (let steps = 0; steps < 2_000; steps++) {
          const name = on[random.integer(3)]!;
          const queue = queues.get(name)!;
          const place = places.get(name)!;
          // The next one, or one that has come before.
          const at = random.uniform() < 0.5 ? place : random.integer(place + 1);
          const message = queue[at];
          if (!message) continue;
          const changed = disturbed(message.bytes, random);
          if (random.uniform() < 0.2 && hexOf(changed) !== hexOf(message.bytes))
            assert.ok(refusesCleanly(() => opener.open(name, changed)));
          if (refusesCleanly(() => received.get(name)!.push(opener.open(name, message.bytes).payload[0]!)))
            continue;
          places.set(name, at + 1);
        }
        for (const name of on)
          assert.deepEqual(
            received.get(name),
            queues.get(name)!.map(({ content }) => content),
          );
      }),
      { numRuns: 30 },
    );
  });
});

describe('a pair', () => {
  it('has two keys, and each side opens what the other seals (P-16, P-17)', async () => {
    const coordinator = await makeCoordinator();
    const gateway = makeGateway('gw-1', coordinator);
    const { pair } = await meet(coordinator, gateway, await coordinator.invite());
    const up = gateway.pairing.pair!.sealer.seal(topic, utf8('update'));
    const down = pair.sealer.seal(topics.ack('gw-1'), utf8('ack'));
    assert.deepEqual(pair.opener.open(topic, up).payload, utf8('update'));
    assert.deepEqual(gateway.pairing.pair!.opener.open(topics.ack('gw-1'), down).payload, utf8('ack'));
    // Its own message that comes back is not from the other side.
    const again = gateway.pairing.pair!.sealer.seal(topic, utf8('update'));
    refused('forged', () => gateway.pairing.pair!.opener.open(topic, again));
  });

  it('has other keys if any name or key in the info differs (P-16)', () => {
    const entropy = seededEntropy('info');
    const [own, other] = [new EphemeralKey(entropy), new EphemeralKey(entropy)];
    const [one, two] = [Identity.create(entropy).publicKey, Identity.create(entropy).publicKey];
    const names = {
      federation,
      gateway: 'gw-1',
      coordinatorKey: one,
      gatewayKey: two,
      claimEphemeral: other.publicBytes,
      helloEphemeral: own.publicBytes,
    };
    const sealed = (changes: Partial<typeof names>) =>
      hexOf(makePair('gateway', own, { ...names, ...changes }).sealer.seal(topic, utf8('x')));
    const all = [
      sealed({}),
      sealed({ federation: 'other' }),
      sealed({ gateway: 'gw-2' }),
      sealed({ coordinatorKey: two }),
      sealed({ gatewayKey: one }),
      sealed({ helloEphemeral: new Uint8Array(32) }),
      sealed({ claimEphemeral: new EphemeralKey(entropy).publicBytes }),
      hexOf(makePair('coordinator', other, names).sealer.seal(topic, utf8('x'))),
    ];
    assert.equal(new Set(all).size, all.length);
    assert.equal(sealed({}), all[0]);
  });

  it('is new at each restart of either side, and the old keys open nothing any more', async () => {
    const store = (await makeCoordinator()).store;
    const first = await makeCoordinator('coordinator', store, 1_000);
    const gateway = makeGateway('gw-1', first);
    await meet(first, gateway, await first.invite());
    const old = gateway.pairing.pair!.sealer.seal(topic, utf8('old'));
    // The coordinator restarts.
    const second = await makeCoordinator('coordinator', store, 1_001);
    const met = await meet(second, gateway);
    refused('forged', () => met.pair.opener.open(topic, old));
    // The gateway restarts.
    const restarted = makeGateway('gw-1', second, { run: 2_001 });
    const again = await meet(second, restarted);
    assert.notEqual(again.pair, met.pair);
    refused('forged', () =>
      again.pair.opener.open(topic, gateway.pairing.pair!.sealer.seal(topic, utf8('late'))),
    );
    assert.ok(again.pair.opener.open(topic, restarted.pairing.pair!.sealer.seal(topic, utf8('new'))));
  });

  it('stays for a hello that comes again, and for the next hello of the same start: counters go on (P-15, P-17)', async () => {
    const coordinator = await makeCoordinator();
    const gateway = makeGateway('gw-1', coordinator);
    gateway.pairing.takeClaim(topics.claim, coordinator.claim());
    const hello = gateway.hello(await coordinator.invite());
    const { pair } = await greet(coordinator, 'gw-1', hello);
    pair.sealer.seal(topics.ack('gw-1'), utf8('one'));
    assert.equal((await greet(coordinator, 'gw-1', hello)).pair, pair);
    assert.equal((await greet(coordinator, 'gw-1', gateway.hello())).pair, pair);
    assert.equal(pair.sealer.sealed, 1);
    await refusedLater('hello-old', greet(coordinator, 'gw-1', hello));
  });

  it('stays for a member that was revoked and readmitted, so that no counter is used twice (P-17)', async () => {
    const coordinator = await makeCoordinator();
    const gateway = makeGateway('gw-1', coordinator);
    const { pair } = await meet(coordinator, gateway, await coordinator.invite());
    pair.sealer.seal(topics.ack('gw-1'), utf8('one'));
    await coordinator.registry.revoke('gw-1');
    await coordinator.registry.readmit('gw-1');
    const again = await greet(coordinator, 'gw-1', gateway.hello());
    assert.equal(again.pair.sealer.sealed, 1);
  });

  it('is made with a new X25519 key for each claim, so that claims that are repeated cannot bring a key back (P-15)', async () => {
    const first = await makeCoordinator('coordinator', undefined, 1_000);
    const second = await makeCoordinator('coordinator', undefined, 1_001);
    const gateway = makeGateway('gw-1', first);
    const keys = [first, second].map((coordinator) => {
      assert.ok(gateway.pairing.takeClaim(topics.claim, coordinator.claim()).isNew);
      return hexOf(gateway.pairing.pair!.sealer.seal(topic, utf8('x')));
    });
    assert.notEqual(keys[0], keys[1]);
    assert.equal(gateway.pairing.takeClaim(topics.claim, second.claim()).isNew, false);
    refused('claim-old', () => gateway.pairing.takeClaim(topics.claim, first.claim()));
  });

  it('does not exist before a claim or a hello', async () => {
    const coordinator = await makeCoordinator();
    refused('no-pair', () => makeGateway('gw-1', coordinator).hello());
    refused('no-pair', () => coordinator.pairing.pairOf('gw-1'));
    const gateway = makeGateway('gw-1', coordinator);
    await meet(coordinator, gateway, await coordinator.invite());
    assert.ok([...coordinator.pairing.gateways].includes('gw-1'));
    coordinator.pairing.pairOf('gw-1');
  });

  it(`has the keys that another implementation computes${withoutPython}`, function () {
    if (withoutPython) return this.skip();
    const entropy = seededEntropy('pair oracle');
    const privates = [entropy(32), entropy(32)];
    const [own, other] = privates.map((bytes) => new EphemeralKey(() => bytes));
    const [coordinatorKey, gatewayKey] = [
      Identity.create(entropy).publicKey,
      Identity.create(entropy).publicKey,
    ];
    const keys = [coordinatorKey.bytes, gatewayKey.bytes, other!.publicBytes, own!.publicBytes];
    const request = {
      do: 'pair',
      private: hexOf(privates[0]!),
      public: hexOf(other!.publicBytes),
      federation,
      gateway: 'gw-1',
      keys: keys.map(hexOf),
    };
    const [answer] = askPython<string[]>([request]);
    const pair = makePair('gateway', own!, {
      federation,
      gateway: 'gw-1',
      coordinatorKey,
      gatewayKey,
      claimEphemeral: other!.publicBytes,
      helloEphemeral: own!.publicBytes,
    });
    const [up] = answer!.map(bytesOf);
    const sealed = pair.sealer.seal(topic, utf8('x'));
    const opened = readEncrypt0(sealed).open(
      // The first counter is 0, so the nonce is the context IV.
      createSecretKey(up!.subarray(0, 32)),
      up!.subarray(32),
      encodeDeterministic([2, topic]),
    );
    assert.deepEqual(opened, utf8('x'));
  });
});

describe('claims', () => {
  const identity = Identity.create(seededEntropy('coordinator'));
  const ephemeral = new EphemeralKey(seededEntropy('e')).publicBytes;
  const claim = { federation, term: 3, run: 100, ephemeral, content: utf8('claim') };
  const expected = { federation, coordinator: identity.publicKey };

  it('carry what was signed (P-12)', () => {
    const read = readClaim(signClaim(identity, topics.claim, claim), topics.claim, expected);
    assert.deepEqual({ ...read, content: utf8('claim') }, claim);
  });

  it('of another key are refused, with both fingerprints and what to do (P-12)', () => {
    const other = Identity.create(seededEntropy('mallory'));
    const error = refused('other-coordinator', () =>
      readClaim(signClaim(other, topics.claim, claim), topics.claim, expected),
    );
    assert.match(
      error.message,
      /somebody else claims to be the coordinator.*move its key there with its folder/,
    );
    assert.ok(error.message.includes(other.fingerprint) && error.message.includes(identity.fingerprint));
  });

  it('of another federation or on another topic are refused (P-4, P-12)', () => {
    const other = signClaim(identity, topics.claim, { ...claim, federation: 'other' });
    refused('claim', () => readClaim(other, topics.claim, expected));
    refused('forged', () => readClaim(signClaim(identity, topics.task, claim), topics.claim, expected));
  });

  const cases: readonly [string, { term: number; run: number; other?: boolean }, boolean | 'claim-old'][] = [
    ['a later run', { term: 3, run: 101 }, true],
    ['a later term, whatever its run', { term: 4, run: 1 }, true],
    ['the same run', { term: 3, run: 100 }, false],
    ['the same run with another X25519 key', { term: 3, run: 100, other: true }, 'claim-old'],
    ['an earlier run', { term: 3, run: 99 }, 'claim-old'],
    ['an earlier term, whatever its run', { term: 2, run: 1_000 }, 'claim-old'],
  ];
  for (const [what, { term, run, other }, verdict] of cases) {
    it(`are followed upwards: ${what} is ${verdict === true ? 'taken' : verdict === false ? 'known' : 'refused'} (P-13)`, () => {
      const order = new ClaimOrder();
      assert.equal(order.accept(claim), true);
      const next = { ...claim, term, run, ...(other && { ephemeral: new Uint8Array(32) }) };
      if (verdict === 'claim-old') refused(verdict, () => order.accept(next));
      else assert.equal(order.accept(next), verdict);
      const restarted = new ClaimOrder(order.mark);
      refused('claim-old', () => restarted.accept({ ...claim, term: 1 }));
    });
  }

  it('have a run that goes up if the clock goes back, and if the number before is lost', () => {
    assert.equal(nextRun(undefined, 1_700_000_000_000), 1_700_000_000);
    assert.equal(nextRun(1_700_000_000, 0), 1_700_000_001);
    assert.equal(nextRun(5, 1_700_000_000_999), 1_700_000_000);
    assert.equal(nextRun(undefined, -5), 0);
  });
});

describe('hellos', () => {
  it('are refused for another federation, gateway, coordinator or claim (P-14)', async () => {
    const coordinator = await makeCoordinator();
    const later = await makeCoordinator('coordinator', undefined, 1_001);
    const stranger = await makeCoordinator('stranger');
    const gateway = makeGateway('gw-1', coordinator);
    gateway.pairing.takeClaim(topics.claim, coordinator.claim());
    const hello = gateway.hello();
    coordinator.pairing.readHello(topics.hello('gw-1'), 'gw-1', hello);
    refused('forged', () => coordinator.pairing.readHello(topics.hello('gw-2'), 'gw-1', hello));
    refused('hello', () => coordinator.pairing.readHello(topics.hello('gw-1'), 'gw-2', hello));
    refused('other-claim', () => later.pairing.readHello(topics.hello('gw-1'), 'gw-1', hello));
    refused('hello', () => stranger.pairing.readHello(topics.hello('gw-1'), 'gw-1', hello));
  });

  it('and claims are refused with the error of this room, and nothing else, however they were changed', async () => {
    const coordinator = await makeCoordinator();
    const gateway = makeGateway('gw-1', coordinator);
    const claim = coordinator.claim();
    gateway.pairing.takeClaim(topics.claim, claim);
    const hello = gateway.hello(await coordinator.invite());
    const random = new SeededRandom(4);
    for (let i = 0; i < 3_000; i++) {
      const [badClaim, badHello] =
        random.uniform() < 0.2
          ? [noise(random), noise(random)]
          : [disturbed(claim, random), disturbed(hello, random)];
      refusesCleanly(() => gateway.pairing.takeClaim(topics.claim, badClaim));
      refusesCleanly(() => coordinator.pairing.readHello(topics.hello('gw-1'), 'gw-1', badHello));
    }
    // Signed by its sender, and nonsense nevertheless.
    const identity = Identity.create(seededEntropy('gw-1'));
    for (let i = 0; i < 500; i++) {
      const payload = new Map<number, never>();
      for (let key = 1; key < 12; key++) {
        const values = [
          0,
          -1,
          'x',
          new Uint8Array(32),
          identity.publicKey.bytes,
          new Uint8Array(8),
          [],
          new Map(),
          federation,
        ];
        if (random.uniform() < 0.9) payload.set(key, values[random.integer(values.length)] as never);
      }
      const bytes = sign1(identity, encodeDeterministic(payload), externalData(topics.hello('gw-1')));
      assert.ok(refusesCleanly(() => coordinator.pairing.readHello(topics.hello('gw-1'), 'gw-1', bytes)));
    }
  });
});
