import assert from 'node:assert/strict';
import { CoordinatorPairing, GatewayPairing, Identity } from '../../../gateway/security';
import { seededEntropy } from './support';

const topic = 'ftte/v1/clinic/all/claim';
const content = new Uint8Array([1]);

describe('the term of a sealed claim (P-13)', () => {
  const coordinator = Identity.create(seededEntropy('hub'));
  const federation = 'clinic';
  const pairing = (run: number) =>
    new CoordinatorPairing({
      identity: coordinator,
      federation,
      term: 1,
      run,
      entropy: seededEntropy(`${run}`),
    });
  const gateway = () =>
    new GatewayPairing({
      identity: Identity.create(seededEntropy('gw')),
      federation,
      gateway: 'gw',
      coordinator: coordinator.publicKey,
      run: 1,
      entropy: seededEntropy('ephemeral'),
    });

  it('is 0 for a question among coordinators, which no gateway answers, whatever it knows', () => {
    const gw = gateway();
    assert.equal(gw.takeClaim(topic, pairing(1).claim(topic, content, 0)).isNew, false);
    assert.equal(gw.pair, undefined);
    assert.equal(gw.takeClaim(topic, pairing(1).claim(topic, content, 5)).isNew, true);
    assert.equal(gw.takeClaim(topic, pairing(2).claim(topic, content, 0)).isNew, false);
    assert.deepEqual(gw.mark, { term: 5, run: 1 });
  });

  it('may go up within one run, and the pair stays; it never goes down', () => {
    const gw = gateway();
    const one = pairing(1);
    assert.equal(gw.takeClaim(topic, one.claim(topic, content, 2)).isNew, true);
    const { pair } = gw;
    assert.equal(gw.takeClaim(topic, one.claim(topic, content, 3)).isNew, false);
    assert.equal(gw.pair, pair);
    assert.deepEqual(gw.mark, { term: 3, run: 1 });
    assert.throws(() => gw.takeClaim(topic, one.claim(topic, content, 2)), {
      details: { reason: 'claim-old', rule: 'P-13' },
    });
  });
});
