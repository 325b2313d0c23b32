import assert from 'node:assert/strict';
import { granting } from './granting-tools';

describe('granted cohorts', () => {
  it('hold no gateway twice that requests a round while its update is being judged', () => {
    const { grants, ready, granted } = granting({ cohorts: true });
    grants.start();
    ready('a', 'b');
    assert.deepEqual(granted().sort(), ['a', 'b']);
    grants.arrived('a');
    ready('a');
    assert.deepEqual(granted(), []);
    grants.settled('a');
    assert.deepEqual(granted(), []);
    grants.settled('b');
    grants.proceed(true);
    assert.deepEqual(granted(), ['a']);
  });

  it('let a gateway try again whose update was never judged, when it repeats its request', () => {
    const { grants, ready, granted } = granting({ cohorts: true });
    grants.start();
    ready('a');
    assert.deepEqual(granted(), ['a']);
    grants.arrived('a');
    ready('a');
    assert.deepEqual(granted(), []);
    ready('a');
    assert.deepEqual(granted(), ['a']);
  });

  it('replace a gateway whose update was refused: they would wait for it for ever', () => {
    const { grants, ready, granted } = granting({ cohorts: true });
    grants.start();
    ready('a', 'b', 'c');
    const [refused = '', ...others] = granted();
    assert.equal(others.length, 1);
    grants.settled(refused, true);
    assert.equal(granted().length, 1);
    // Without any other gateway, the same one tries again.
    grants.settled(others[0] as string, true);
    ready(others[0] as string);
    assert.deepEqual(granted(), others);
  });

  it('hold each gateway once per version, done or not', () => {
    const { grants, ready, granted } = granting({ cohorts: true });
    grants.start();
    ready('a', 'b', 'c');
    const cohort = granted();
    for (const gateway of cohort) {
      grants.settled(gateway);
      ready(gateway);
    }
    assert.deepEqual(granted(), [], 'the cohort is full until there is a version');
    grants.proceed(true);
    assert.equal(granted().length, 2);
  });

  it('replace gateways that leave, fail or stay silent, but not those that are done', () => {
    const { clock, grants, ready, granted, offline } = granting({ cohorts: true });
    grants.start();
    ready('a', 'b');
    ready('c', 'd', 'e');
    const [done = '', gone = ''] = granted();
    grants.settled(done);
    offline.add(done);
    grants.removed(done);
    assert.deepEqual(granted(), []);
    grants.removed(gone);
    assert.equal(granted().length, 1, 'another replaces the one that left');
    clock.advance(1000);
    assert.equal(granted().length, 1, 'and the one that stayed silent');
  });

  it('do not wait for the spares of the previous one, nor draw them while they still train', () => {
    const { grants, ready, granted } = granting({ cohorts: true });
    grants.start();
    ready('a', 'b');
    const [done = '', late = ''] = granted();
    grants.settled(done);
    ready(done);
    ready('c');
    grants.proceed(true);
    assert.deepEqual(granted().sort(), [done, 'c'].sort());
    grants.settled(late);
    assert.deepEqual(granted(), []);
  });
});
